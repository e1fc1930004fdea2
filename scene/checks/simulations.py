"""Each simulation: baked, baked for some of the frames, or not. Unbaked, every machine would start it again."""

from __future__ import annotations

from collections.abc import Iterator

from ...client import frame_ranges
from ...client.message import msg
from ..scan import usage
from ..scan.animated import times
from . import caches
from .caches import Cache
from .context import CheckContext
from .findings import WARNING, Finding, Fix

FIND_FOLDER, SELECT = "farmhand.find_folder", "farmhand.select_object"


def find(context: CheckContext) -> Iterator[Finding]:
    """One finding for each cache that does not cover the frames."""
    # The strip decides which frame of another scene it shows.
    is_edit = usage.renders_sequencer(context.scene, context.animation)
    frames = [] if is_edit else sorted({int(time) for time in times.centers_of(context.scene, context.frames)})
    for cache in caches.caches_of(context.scene, context.used, context.animation):
        is_still = cache.starts_as_made and frames == [cache.first] and not _looks_ahead(context)
        wanted = [frame for frame in frames if frame >= cache.first and not is_still]
        if wanted or not frames:
            yield from _of(cache, wanted, context)


def _looks_ahead(context: CheckContext) -> bool:
    """Whether a frame shows moments after its own, when simulations have moved on."""
    scene = context.scene
    passes = (context.animation.is_on(layer, "use_pass_vector") for layer in scene.view_layers)
    return context.animation.is_on(scene.render, "use_motion_blur") or any(passes)


def _of(cache: Cache, wanted: list[int], context: CheckContext) -> Iterator[Finding]:
    if cache.frames is None:
        yield _finding(
            "simulation_bake_unknown",
            msg(
                "{cache} stores its bake in the .blend file, where it cannot be checked. Frames are rendered "
                "independently, so make sure it is baked, or bake it to disk.",
                cache=cache.where,
            ),
            cache,
            context,
        )
    elif not cache.frames and cache.folder:
        yield _finding(
            "simulation_files_missing",
            msg(
                "{cache} was baked, but its cache files are no longer in {folder}. Restore them, or bake it again.",
                cache=cache.where,
                folder=cache.folder,
            ),
            cache,
            context,
        )
    elif not cache.frames:
        yield _finding(
            "simulation_not_baked",
            msg(
                "{cache} is not baked. Frames are rendered independently, so the simulation would be missing or "
                "inconsistent. Bake it first.",
                cache=cache.where,
            ),
            cache,
            context,
        )
    elif lacking := sorted(set(wanted) - set(cache.frames)):
        yield _finding(
            "simulation_partly_baked",
            msg(
                "{cache} is baked, but not for these rendered frames: {frames}. Bake the rest, or render fewer frames.",
                cache=cache.where,
                frames=", ".join(frame_ranges.ranges(lacking)),
            ),
            cache,
            context,
        )


def _finding(code: str, message: str, cache: Cache, context: CheckContext) -> Finding:
    find = (Fix(FIND_FOLDER, cache.folder),) if cache.is_named and not cache.frames else ()
    select = (Fix(SELECT, cache.thing),) if cache.thing in context.scene.objects else ()
    return Finding(WARNING, code, message, cache.where, (*find, *select))
