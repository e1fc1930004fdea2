"""What can be done with a job that the service has checked: start it, change its settings, or discard it."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Event, Operator

from ...client.errors import LocalProblem
from ...jobs.folder import job_folder
from ...jobs.journal.submission import Request
from ...scene.request import later_settings
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row, waits_to_start
from ...ui.request import render_request
from .. import common, watch
from .jobs import Asks


class _OfCheckedJob(Asks):
    """Acts on a job that waits to be started."""

    why_not = "Select a job that is waiting to be started"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return waits_to_start(row.current)


class FARMHAND_OT_start_render(_OfCheckedJob, Operator):
    """Render the file that the server has checked"""

    bl_idname = "farmhand.start_render"
    bl_label = "Start Render"
    request = Request.CONFIRM
    uses_server = True
    done = "Starting {name}"


class FARMHAND_OT_discard(_OfCheckedJob, Operator):
    """Cancel the job without rendering it; its upload is discarded"""

    bl_idname = "farmhand.discard"
    bl_label = "Discard"
    request = Request.CANCEL
    done = "Discarding {name}"

    def invoke(self, context: Context, event: Event) -> set[str]:
        row = self.row(context)
        if row is None or not self.is_possible(row):
            return self.execute(context)
        self.submission = row.submission.id
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=iface_("Discard job “{name}”?").format(name=row.submission.name),
            message=iface_("Nothing has been rendered. The file will have to be uploaded again."),
            confirm_text=iface_("Discard"),
        )


class FARMHAND_OT_use_current_settings(_OfCheckedJob, Operator):
    """Render this job with the scene's current frames and settings; the uploaded file is not changed"""

    bl_idname = "farmhand.use_current_settings"
    bl_label = "Use Current Settings"

    def act(self, context: Context, row: Row) -> None:
        home, one = common.user_home(), row.current
        job = job_folder.read(home.job(one.id))
        scene = bpy.data.scenes.get(job.scene)
        if scene is None or job.blend != bpy.data.filepath:
            raise LocalProblem(rpt_("The job's file is not open."), rpt_("Its settings stay as they are."))
        request = render_request.build(context, "ANIMATION", scene)
        job_folder.write(home.job(one.id), later_settings.changed(job, scene, request))
        ui_state.require().picture.read_again(one.id)
        watch.hasten(context)
        self.report(
            {"INFO"}, rpt_("{name} will be rendered with the current settings").format(name=row.submission.name)
        )


CLASSES = (FARMHAND_OT_start_render, FARMHAND_OT_discard, FARMHAND_OT_use_current_settings)
