# SPDX-License-Identifier: GPL-3.0-or-later
"""While frames arrive: strips grow, and a scene that asks for it gets its frames without a click."""

from __future__ import annotations

import bpy
from bpy.types import Context, Scene

from ... import live
from ...courier.journal import Journal
from ...courier.submission import Submission
from . import difference, footage, strip
from .editor import show

COUNT = "farmhand_frames"


def follow(context: Context, current: live.Live) -> None:
    """Bring what shows frames up to date; called when the snapshot changed."""
    for made in list(strip.all_marked()):
        row = current.snapshot.by_id.get(made[strip.MARK])
        if row is not None and made.get(COUNT, 0) < row.submission.frames_done:
            strip.grow(made, _footage(current, row.submission))
            made[COUNT] = row.submission.frames_done
    for row in current.snapshot.rows:
        one = row.submission
        if one.id in current.unseen and one.frames_done and one.id not in current.comparisons:
            current.unseen.discard(one.id)
            _take_in(context, current, one)
    difference.follow(context, current)


def _take_in(context: Context, current: live.Live, one: Submission) -> None:
    scene = bpy.data.scenes.get(one.scene)
    if scene is None or one.blend != bpy.data.filepath or scene.farmhand.arriving == "NOTHING":
        return
    _bring(context, scene, _footage(current, one))
    bpy.ops.ed.undo_push(message="Frames Arrive")


def _bring(context: Context, scene: Scene, found: footage.Footage) -> None:
    if scene.farmhand.arriving == "STRIP":
        strip.add(context, found)
    else:
        show(context, found)


def _footage(current: live.Live, one: Submission) -> footage.Footage:
    with Journal(current.home.journal, busy_seconds=live.BUSY_SECONDS) as journal:
        return footage.of(one, journal.frames(one.id))
