"""What can be done with a job in the list. Each operator acts on the given submission, or on the selected render."""

from __future__ import annotations

from pathlib import Path

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from ...jobs.journal.submission import Request, State, Submission
from ...ui import properties
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row, needs_confirmation, needs_key
from ...ui.servers import servers
from .. import common, watch
from . import job_report

STOPPABLE = frozenset({State.QUEUED, State.ACTIVE, State.WAITING, State.PAUSED, State.STOPPED})
_PAUSABLE = frozenset({State.QUEUED, State.ACTIVE})


class OnJob(common.Explained, common.Guarded):
    """Finds the row and turns errors into reports; a subclass says `is_possible`, `why_not` and `act`."""

    submission: StringProperty(name="Submission", options={"SKIP_SAVE", "HIDDEN"})
    why_not = ""

    @classmethod
    def reason_against(cls, context: Context) -> str:
        row = properties.meant_row(context)
        if row is None:
            return iface_("Select a job in the list")
        if not cls.is_possible(row):
            return iface_(cls.why_not)
        return ""

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return True

    def run(self, context: Context) -> set[str] | None:
        row = self.row(context)
        if row is None:
            self.report({"WARNING"}, rpt_("The job is no longer in the list"))
            return {"CANCELLED"}
        if not self.is_possible(row):
            self.report({"WARNING"}, f"{row.submission.name}: {iface_(self.why_not)}")
            return {"CANCELLED"}
        self.act(context, row)
        return None

    def row(self, context: Context) -> Row | None:
        current = ui_state.current()
        if self.submission and current is not None:
            return current.snapshot.by_id.get(self.submission)
        return properties.selected_row(context)


class Asks(OnJob):
    """Submits one request to the courier, for the submission whose state is the render's."""

    request: Request
    done = ""
    uses_server = False
    """Whether the job will use its server again."""

    def act(self, context: Context, row: Row) -> None:
        if self.uses_server:
            servers.demand_network(context, row.current.server_url)
        for one in self.asked(row):
            common.ask(context, one.id, self.request)
        watch.hasten(context)
        self.report({"INFO"}, rpt_(self.done).format(name=row.submission.name))

    def asked(self, row: Row) -> tuple[Submission, ...]:
        """The submissions that the operator acts on."""
        return (row.current,)


def _ask_to_stop(operator: OnJob, context: Context, event: Event, row: Row) -> set[str]:
    """Ask about a fixed job, even if the list's selection changes while the question is open."""
    operator.submission = row.submission.id
    return context.window_manager.invoke_confirm(
        operator,
        event,
        title=iface_("Stop job “{name}”?").format(name=row.submission.name),
        message=iface_("Frames already downloaded are kept."),
        confirm_text=iface_("Stop Job"),  # Blender's other button is labeled Cancel
    )


class _Cancels(Asks):
    """Stops a job, after a question."""

    why_not = "Select a job that is still running"
    request = Request.CANCEL
    done = "Canceling {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.state in STOPPABLE

    def invoke(self, context: Context, event: Event) -> set[str]:
        row = self.row(context)
        if row is None or not self.is_possible(row):
            return self.execute(context)
        return _ask_to_stop(self, context, event, row)


class FARMHAND_OT_cancel(_Cancels, Operator):
    """Stop the job; frames already downloaded are kept"""

    bl_idname = "farmhand.cancel"
    bl_label = "Cancel Job"


class FARMHAND_OT_cancel_going(_Cancels, Operator):
    """Stop this job; frames already downloaded are kept"""

    bl_idname = "farmhand.cancel_going"
    bl_label = "Cancel Running Job"

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        current = ui_state.current()
        if current is None or not current.snapshot.going:
            return iface_("No job is running")
        return ""

    def row(self, context: Context) -> Row | None:
        """The given job; without one, the first that is running."""
        going = ui_state.require().snapshot.going
        return super().row(context) if self.submission else (going[0] if going else None)


class FARMHAND_OT_retry(Asks, Operator):
    """Resume the job where it stopped; uploaded and rendered data is kept"""

    bl_idname = "farmhand.retry"
    bl_label = "Retry Job"
    why_not = "Select a job that stopped"
    request = Request.RETRY
    uses_server = True
    done = "Resuming {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.state is State.STOPPED or needs_key(row.current)


class FARMHAND_OT_pause(Asks, Operator):
    """Pause uploads and downloads; frames already rendering on the server continue"""

    bl_idname = "farmhand.pause"
    bl_label = "Pause Job"
    why_not = "Select a running job"
    request = Request.PAUSE
    done = "Pausing {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.state in _PAUSABLE


class FARMHAND_OT_resume(Asks, Operator):
    """Continue a paused job"""

    bl_idname = "farmhand.resume"
    bl_label = "Resume Job"
    why_not = "Select a paused job"
    request = Request.RESUME
    uses_server = True
    done = "Resuming {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.state is State.PAUSED


class FARMHAND_OT_confirm(Asks, Operator):
    """Start a job that is waiting for your confirmation"""

    bl_idname = "farmhand.confirm"
    bl_label = "Confirm Job"
    why_not = "Select a job that is waiting for your confirmation"
    request = Request.CONFIRM
    uses_server = True
    done = "Resuming {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return needs_confirmation(row.current)


class FARMHAND_OT_fetch_again(Asks, Operator):
    """Download frames that are missing, look wrong or were deleted on this computer; nothing is rendered again"""

    bl_idname = "farmhand.fetch_again"
    bl_label = "Download Again"
    why_not = "Select a finished job"
    request = Request.PULL_AGAIN
    uses_server = True
    done = "Downloading the frames of {name} again"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return bool(row.current.job_id) and row.current.is_over


class FARMHAND_OT_forget(Asks, Operator):
    """Remove the job from the list; its frames stay on disk"""

    bl_idname = "farmhand.forget"
    bl_label = "Remove from List"
    why_not = "Cancel the job first"
    request = Request.FORGET
    done = "Removed {name} from the list"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.state not in _PAUSABLE

    def asked(self, row: Row) -> tuple[Submission, ...]:
        return row.parts

    def invoke(self, context: Context, event: Event) -> set[str]:
        row = self.row(context)
        if row is None or row.submission.is_over or not self.is_possible(row):
            return self.execute(context)
        return _ask_to_stop(self, context, event, row)  # frames that it has not rendered yet are canceled


class FARMHAND_OT_open_folder(OnJob, Operator):
    """Open the folder with the job's frames"""

    bl_idname = "farmhand.open_folder"
    bl_label = "Open Folder"

    def act(self, _context: Context, row: Row) -> None:
        common.open_folder(Path(row.submission.output_folder))
        self.report({"INFO"}, rpt_("Frames are in {folder}").format(folder=row.submission.output_folder))


class FARMHAND_OT_copy_report(OnJob, Operator):
    """Copy everything known about the job, except API keys, to send to support"""

    bl_idname = "farmhand.copy_report"
    bl_label = "Copy Report"

    def act(self, context: Context, row: Row) -> None:
        context.window_manager.clipboard = "\n".join(
            job_report.report_text(one, common.user_home()) for one in row.parts
        )
        self.report({"INFO"}, rpt_("Copied the report to the clipboard"))


class FARMHAND_OT_cancel_packing(common.Explained, common.Guarded, Operator):
    """Stop packing; nothing has been uploaded yet"""

    bl_idname = "farmhand.cancel_packing"
    bl_label = "Cancel Packing"

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        current = ui_state.current()
        if current is None or not current.snapshot.packing:
            return iface_("Nothing is being packed")
        return ""

    def run(self, context: Context) -> None:
        ui_state.require().cancel_packing()
        watch.hasten(context)
        self.report({"INFO"}, rpt_("Packing was canceled; nothing was uploaded"))


CLASSES = (
    FARMHAND_OT_cancel,
    FARMHAND_OT_cancel_going,
    FARMHAND_OT_retry,
    FARMHAND_OT_pause,
    FARMHAND_OT_resume,
    FARMHAND_OT_confirm,
    FARMHAND_OT_fetch_again,
    FARMHAND_OT_forget,
    FARMHAND_OT_open_folder,
    FARMHAND_OT_copy_report,
    FARMHAND_OT_cancel_packing,
)
