# SPDX-License-Identifier: GPL-3.0-or-later
"""Each simulation: baked, baked for a part of the frames, or not.  Unbaked, every machine would start it anew."""

from __future__ import annotations

from collections.abc import Iterator

from ...client import frame_ranges
from ..scan import times, usage
from . import caches
from .caches import Cache
from .context import CheckContext
from .findings import WARNING, Finding, Fix

FIND_FOLDER, SELECT = "farmhand.find_folder", "farmhand.select_object"


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding for each cache that does not cover the frames."""
    # What frame of another scene a strip shows is the strip's affair.
    is_edit = usage.renders_sequencer(context.scene, context.animation)
    frames = [] if is_edit else sorted({int(time) for time in times.centers_of(context.scene, context.frames)})
    for cache in caches.caches_of(context.scene, context.used, context.animation):
        wanted = [frame for frame in frames if frame >= cache.first]
        if wanted or not frames:
            yield from _of(cache, wanted, context)


def _of(cache: Cache, wanted: list[int], context: CheckContext) -> Iterator[Finding]:
    if cache.frames is None:
        yield _finding(
            "simulation_bake_unknown",
            f"{cache.where} keeps its bake in the .blend, where Blender does not tell whether there is one. Frames are "
            "rendered apart from each other: make sure that it is baked, or bake it to disk.",
            cache,
            context,
        )
    elif not cache.frames and cache.folder:
        yield _finding(
            "simulation_files_missing",
            f"{cache.where} was baked, but the files of the bake are not in {cache.folder} any more. Put them back, or "
            "bake it again.",
            cache,
            context,
        )
    elif not cache.frames:
        yield _finding(
            "simulation_not_baked",
            f"{cache.where} is not baked. Frames are rendered apart from each other, so the simulation would be "
            "missing or different in each. Bake it first.",
            cache,
            context,
        )
    elif lacking := sorted(set(wanted) - set(cache.frames)):
        yield _finding(
            "simulation_partly_baked",
            f"{cache.where} is baked, but not for {', '.join(frame_ranges.ranges(lacking))} of the frames that are "
            "rendered. Bake the rest, or render fewer frames.",
            cache,
            context,
        )


def _finding(code: str, message: str, cache: Cache, context: CheckContext) -> Finding:
    find = (Fix(FIND_FOLDER, cache.folder),) if cache.is_named and not cache.frames else ()
    select = (Fix(SELECT, cache.thing),) if cache.thing in context.scene.objects else ()
    return Finding(WARNING, code, message, cache.where, (*find, *select))
