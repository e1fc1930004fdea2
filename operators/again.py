# SPDX-License-Identifier: GPL-3.0-or-later
"""More frames of a package that was sent before: the rest after a scout, or frames once more."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty
from bpy.types import Context, Operator

from ..client.errors import LocalProblem
from ..courier import again, job_folder
from ..courier.journal import Journal
from ..courier.submission import FrameState, Submission
from ..job_row import Row
from . import common, requests, watch
from .jobs import OnJob


class _SendsAgain(OnJob):
    """Makes a new submission from the selected one's package."""

    def send(self, context: Context, before: Submission, frames: Collection[int], name: str) -> None:
        if not frames:
            raise LocalProblem(rpt_("All of these frames are here."), rpt_("Nothing is left to render."))
        made = again.again(common.user_home(), before, frames, name)
        common.wake_courier(context)
        watch.hasten(context)
        text = rpt_("{name}: {frames}, with the package that was sent before")
        self.report({"INFO"}, text.format(name=made.name, frames=requests.count_text(len(frames))))


class FARMHAND_OT_render_rest(_SendsAgain, Operator):
    """Render the frames of this scene that the job left out, from the package that is there already"""

    bl_idname = "farmhand.render_rest"
    bl_label = "Render the Rest"
    why_not = "Select a finished job of the scene in view"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.is_over and row.submission.blend == bpy.data.filepath

    def act(self, context: Context, row: Row) -> None:
        before = row.submission
        scene = bpy.data.scenes.get(before.scene)
        if scene is None:
            raise LocalProblem(rpt_("The scene “{name}” is not in this file.").format(name=before.scene))
        done = job_folder.read(common.user_home().job(before.id)).frames
        rest = [number for number in requests.frames(scene) if number not in set(done)]
        self.send(
            context,
            before,
            rest,
            iface_("{name} · rest").format(name=before.name.removesuffix(" · " + iface_("scout"))),
        )


class FARMHAND_OT_render_again(_SendsAgain, Operator):
    """Render frames of this job once more, from the package that is there already"""

    bl_idname = "farmhand.render_again"
    bl_label = "Render Again"
    why_not = "Select a job that is over"

    frames: EnumProperty(
        name="Frames",
        description="Which frames to render once more",
        items=(
            ("WRONG", "Missing or Suspect", "Frames that are not here, or look wrong"),
            ("ALL", "All Frames", "Every frame of the job"),
        ),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.is_over

    def act(self, context: Context, row: Row) -> None:
        home = common.user_home()
        asked = job_folder.read(home.job(row.submission.id)).frames
        if self.frames == "WRONG":
            with Journal(home.journal) as journal:
                records = journal.frames(row.submission.id)
            good = {one.frame for one in records if one.state is FrameState.HERE and Path(one.path).is_file()}
            asked = [number for number in asked if number not in good]
        self.send(context, row.submission, asked, iface_("{name} · again").format(name=row.submission.name))


CLASSES = (FARMHAND_OT_render_rest, FARMHAND_OT_render_again)
