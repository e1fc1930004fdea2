"""Show in Video Editing: shows the strip of a render in the workspace for editing."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator, WorkSpace

from ...client.errors import LocalProblem
from ...ui.jobs.job_row import Row
from ..jobs.jobs import OnJob
from . import strip

WORKSPACE = "Video Editing"
TEMPLATE = "Video_Editing"
DRAWN_SECONDS = 0.3
"""After which a workspace that is new to a window has its place on the screen."""


class FARMHAND_OT_show_strip(OnJob, Operator):
    """Open the Video Editing workspace with the strip of this job"""

    bl_idname = "farmhand.show_strip"
    bl_label = "Show in Video Editing"
    why_not = "Choose Import > To Video Sequencer first"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return any(True for one in row.parts for _ in strip.marked(one.id))

    def act(self, context: Context, row: Row) -> None:
        found = next(each for one in row.parts for each in strip.marked(one.id))
        scene = found.id_data
        workspace = editing_workspace(context)
        if workspace is None or context.window is None:
            raise LocalProblem(
                rpt_("Blender has no Video Editing workspace here."), "", rpt_("Open a Video Sequencer.")
            )
        before = context.window.scene
        if hasattr(workspace, "sequencer_scene"):
            workspace.sequencer_scene = scene
        else:
            context.window.scene = scene
        context.window.workspace = workspace
        if not bpy.app.background:
            bpy.app.timers.register(frame_all, first_interval=DRAWN_SECONDS)
        text = rpt_("“{name}” is in the scene “{scene}”")
        if context.window.scene != before:  # before 5.0, the whole window switches to it permanently
            text = rpt_("“{name}” is in the scene “{scene}”; choose “{before}” at the top right to go back")
        self.report({"INFO"}, text.format(name=found.name, scene=scene.name, before=before.name))


def frame_all() -> None:
    """Zoom all sequencers of the windows to their strips, because a short one would hardly be visible."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            region = next((one for one in area.regions if one.type == "WINDOW"), None)
            if area.type != "SEQUENCE_EDITOR" or area.spaces.active.view_type != "SEQUENCER" or region is None:
                continue
            with bpy.context.temp_override(window=window, area=area, region=region):
                if bpy.ops.sequencer.view_all.poll():  # type: ignore[call-arg]
                    bpy.ops.sequencer.view_all()


def editing_workspace(context: Context) -> WorkSpace | None:
    """The file's Video Editing workspace, else Blender's own."""
    if WORKSPACE in bpy.data.workspaces or bpy.app.background:
        return bpy.data.workspaces.get(WORKSPACE)
    for folder in bpy.utils.app_template_paths(path=TEMPLATE):
        startup = Path(folder) / "startup.blend"
        if startup.is_file():
            bpy.ops.workspace.append_activate(idname=WORKSPACE, filepath=str(startup))
    return bpy.data.workspaces.get(WORKSPACE)


CLASSES = (FARMHAND_OT_show_strip,)
