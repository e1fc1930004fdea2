"""The operators of *Import*: each takes the selected job's frames into the open file, and can be undone."""

from __future__ import annotations

from pathlib import Path

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from ...jobs.folder import job_video
from ...jobs.journal.submission import Request, State
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row
from ...ui.servers import servers
from .. import common, watch
from ..jobs.jobs import OnJob
from . import camera, compositor, footage, image_editor, strip, video
from .footage import Footage


class _Brings(OnJob):
    """Reads the selected job's footage and passes it to `bring`."""

    why_not = "No frame of this job was downloaded yet"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.frames_done > 0

    def act(self, context: Context, row: Row) -> None:
        records = footage.records_of(common.user_home(), row)
        self.report({"INFO"}, self.bring(context, footage.footage_of(row, records)))

    def bring(self, context: Context, found: Footage) -> str:
        """Import the footage; returns the sentence to report."""
        raise NotImplementedError


class FARMHAND_OT_to_sequencer(_Brings, Operator):
    """Add the frames as a strip that grows while more arrive, in a scene for editing"""

    bl_idname = "farmhand.to_sequencer"
    bl_label = "To Video Sequencer"
    bl_options = {"REGISTER", "UNDO"}

    def bring(self, context: Context, found: Footage) -> str:
        made = strip.add(context, found, is_asked=True)
        return rpt_("Added strip “{name}” to scene “{scene}”; Import > Show in Video Editing opens it").format(
            name=made.name, scene=made.id_data.name
        )


class FARMHAND_OT_to_image_editor(_Brings, Operator):
    """Show the frames in an Image Editor, as a sequence that follows the timeline"""

    bl_idname = "farmhand.to_image_editor"
    bl_label = "To Image Editor"
    bl_options = {"REGISTER", "UNDO"}

    def bring(self, context: Context, found: Footage) -> str:
        area = image_editor.open_area(context) or image_editor.new_area(context)
        shown = image_editor.show(found, area)
        if area is not None:
            return rpt_("“{name}” is shown in the Image Editor").format(name=shown.name)
        return rpt_("Loaded image “{name}”; open an Image Editor to see it").format(name=shown.name)


class FARMHAND_OT_to_compositor(_Brings, Operator):
    """Add the frames as an Image node with a Viewer to this scene's compositor; the render is not changed"""

    bl_idname = "farmhand.to_compositor"
    bl_label = "To Compositor"
    bl_options = {"REGISTER", "UNDO"}

    def bring(self, context: Context, found: Footage) -> str:
        compositor.add(context.scene, found)
        return rpt_("Added Image node “{name}” to the compositor").format(name=found.name)


class FARMHAND_OT_to_camera(_Brings, Operator):
    """Add the frames as a background image of the camera, to compare or to animate against"""

    bl_idname = "farmhand.to_camera"
    bl_label = "To Camera Background"
    bl_options = {"REGISTER", "UNDO"}

    def bring(self, context: Context, found: Footage) -> str:
        behind = camera.add(context.scene, found)
        return rpt_("Added “{name}” to the background images of {camera}").format(name=found.name, camera=behind.name)


class FARMHAND_OT_to_video(OnJob, Operator):
    """Download the preview video that the server made, and add it to a scene for editing"""

    bl_idname = "farmhand.to_video"
    bl_label = "Preview Video to Sequencer"
    bl_options = {"REGISTER", "UNDO"}
    why_not = "Select a finished job of more than one frame"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        one = row.submission
        return one.state is State.DONE and bool(one.job_id) and one.frames_done > 1

    def act(self, context: Context, row: Row) -> None:
        one, folder = row.submission, common.user_home().job(row.submission.id)
        known = job_video.read(folder)
        if known.is_here:
            found = footage.footage_of(row, footage.records_of(common.user_home(), row))
            self.report({"INFO"}, video.said(video.add(context, found, Path(known.path))))
            return
        servers.demand_network(context, one.server_url)
        job_video.ask_for(folder)
        arrivals = ui_state.require().arrivals
        arrivals.videos.add(one.id)
        arrivals.video_runs.add(one.id)
        common.ask(context, one.id, Request.PULL_VIDEO)
        watch.hasten(context)
        self.report({"INFO"}, rpt_("Downloading the video of “{name}” to add it").format(name=one.name))


CLASSES = (
    FARMHAND_OT_to_video,
    FARMHAND_OT_to_sequencer,
    FARMHAND_OT_to_image_editor,
    FARMHAND_OT_to_compositor,
    FARMHAND_OT_to_camera,
)
