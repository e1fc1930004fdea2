# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the job list's lines in step with the snapshot: filtered and sorted here, so that drawing has nothing to do."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
from bpy.types import Context

from .. import live
from ..courier.submission import State, Submission
from ..properties import FarmhandWindowSettings, selected_id

_TROUBLE = frozenset({State.STOPPED, State.FAILED})
_ORDER = (
    State.ACTIVE,
    State.WAITING,
    State.QUEUED,
    State.STOPPED,
    State.FAILED,
    State.PAUSED,
    State.DONE,
    State.CANCELED,
)


def follow(context: Context, current: live.Live) -> None:
    """Rewrite the lines when the snapshot or a filter changed; the selection stays on its job."""
    window: FarmhandWindowSettings = context.window_manager.farmhand
    snapshot = current.snapshot
    if window.generation == snapshot.generation:
        return
    is_forced = window.generation < 0
    window.generation = snapshot.generation
    wanted = [one.id for one in arranged((row.submission for row in snapshot.rows), window, bpy.data.filepath)]
    if wanted == current.listed and not is_forced:
        return
    before, current.listed = current.listed, wanted
    selected = selected_id(context)
    grew = bool(wanted) and wanted[0] not in window.jobs
    if not is_forced and wanted[1:] == before:
        _write_newest(window, wanted[0])
    else:
        _write(window, wanted)
    if grew or selected not in wanted:
        window.active = 0
    else:
        window.active = wanted.index(selected)


def arranged(submissions: Iterable[Submission], window: FarmhandWindowSettings, blend: str) -> list[Submission]:
    """Those that pass the filters, in the chosen order."""
    # Asked of Blender once, not for each of a thousand.
    show, search, sort = window.show, window.search.casefold(), window.sort
    found = [one for one in submissions if _passes(one, show, search, blend)]
    if sort == "NAME":
        found.sort(key=lambda one: one.name.casefold())
    elif sort == "STATE":
        found.sort(key=lambda one: _ORDER.index(one.state))
    return found


def _passes(one: Submission, show: str, search: str, blend: str) -> bool:
    if show == "FILE" and one.blend != blend:
        return False
    if show == "GOING" and one.is_over:
        return False
    if show == "TROUBLE" and one.state not in _TROUBLE and not one.frames_suspect:
        return False
    return not search or any(search in text.casefold() for text in (one.name, one.scene, one.blend))


def _write_newest(window: FarmhandWindowSettings, name: str) -> None:
    """A new job at the top, without a new name for every line below it."""
    window.jobs.add().name = name
    window.jobs.move(len(window.jobs) - 1, 0)


def _write(window: FarmhandWindowSettings, wanted: list[str]) -> None:
    while len(window.jobs) > len(wanted):
        window.jobs.remove(len(window.jobs) - 1)
    while len(window.jobs) < len(wanted):
        window.jobs.add()
    for item, name in zip(window.jobs, wanted, strict=True):
        if item.name != name:
            item.name = name
