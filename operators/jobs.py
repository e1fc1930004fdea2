# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a job in the list.  Each operator acts on the given submission, or on the selected one."""

from __future__ import annotations

from pathlib import Path

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from ..jobs.submission import Request, State
from ..ui import properties, servers
from ..ui import state as ui_state
from ..ui.job_row import Row, needs_key, needs_word
from . import common, job_report, watch

_STOPPABLE = frozenset({State.QUEUED, State.ACTIVE, State.WAITING, State.PAUSED, State.STOPPED})
_PAUSABLE = frozenset({State.QUEUED, State.ACTIVE})


class OnJob(common.Guarded):
    """Finds the row and turns errors into reports; a subclass says `is_possible`, `why_not` and `act`."""

    submission: StringProperty(name="Submission", options={"SKIP_SAVE", "HIDDEN"})
    why_not = ""

    @classmethod
    def poll(cls, context: Context) -> bool:
        row = properties.selected_row(context)
        if row is None:
            cls.poll_message_set(iface_("There is no job in the list"))
            return False
        if not cls.is_possible(row):
            cls.poll_message_set(iface_(cls.why_not))
            return False
        return True

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return True

    def run(self, context: Context) -> set[str] | None:
        row = self.row(context)
        if row is None:
            self.report({"WARNING"}, rpt_("There is no such job any more"))
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


class _Asks(OnJob):
    """Leaves one request for the courier."""

    request: Request
    done = ""
    goes_on = False
    """Whether the job will use its server again."""

    def act(self, context: Context, row: Row) -> None:
        if self.goes_on:
            servers.demand_network(context, row.submission.server_url)
        common.ask(context, row.submission.id, self.request)
        watch.hasten(context)
        self.report({"INFO"}, rpt_(self.done).format(name=row.submission.name))


def _ask_to_stop(operator: OnJob, context: Context, event: Event, row: Row) -> set[str]:
    """The question stays with its job, whatever the list's selection does while it is open."""
    operator.submission = row.submission.id
    return context.window_manager.invoke_confirm(
        operator,
        event,
        title=iface_("Stop this job?"),
        message=f"{row.submission.name}: {iface_('Frames that are already here stay.')}",
        confirm_text=iface_("Stop Job"),
    )


class _Cancels(_Asks):
    """Stops a job, after a question."""

    why_not = "Select a job that is still going"
    request = Request.CANCEL
    done = "Canceling {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.state in _STOPPABLE

    def invoke(self, context: Context, event: Event) -> set[str]:
        row = self.row(context)
        if row is None or not self.is_possible(row):
            return self.execute(context)
        return _ask_to_stop(self, context, event, row)


class FARMHAND_OT_cancel(_Cancels, Operator):
    """Stop the job and keep the frames that are already here"""

    bl_idname = "farmhand.cancel"
    bl_label = "Cancel Job"


class FARMHAND_OT_cancel_going(_Cancels, Operator):
    """Stop this job and keep the frames that are already here"""

    bl_idname = "farmhand.cancel_going"
    bl_label = "Cancel Running Job"

    @classmethod
    def poll(cls, _context: Context) -> bool:
        current = ui_state.current()
        if current is None or not current.snapshot.going:
            cls.poll_message_set(iface_("No job is going"))
            return False
        return True

    def row(self, context: Context) -> Row | None:
        """The given job; without one, the first that goes on."""
        going = ui_state.holder().snapshot.going
        return super().row(context) if self.submission else (going[0] if going else None)


class FARMHAND_OT_retry(_Asks, Operator):
    """Go on where the job stopped; nothing that was sent or rendered is lost"""

    bl_idname = "farmhand.retry"
    bl_label = "Retry"
    why_not = "Select a job that stopped"
    request = Request.RETRY
    goes_on = True
    done = "Going on with {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.state is State.STOPPED or needs_key(row.submission)


class FARMHAND_OT_pause(_Asks, Operator):
    """Stop sending and fetching; what the service renders goes on"""

    bl_idname = "farmhand.pause"
    bl_label = "Pause"
    why_not = "Select a job that is going"
    request = Request.PAUSE
    done = "Pausing {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.state in _PAUSABLE


class FARMHAND_OT_resume(_Asks, Operator):
    """Go on with a paused job"""

    bl_idname = "farmhand.resume"
    bl_label = "Resume Job"
    why_not = "Select a paused job"
    request = Request.RESUME
    goes_on = True
    done = "Going on with {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.state is State.PAUSED


class FARMHAND_OT_confirm(_Asks, Operator):
    """Let a job that waits for your word go on"""

    bl_idname = "farmhand.confirm"
    bl_label = "Go On"
    why_not = "Select a job that waits for you"
    request = Request.CONFIRM
    goes_on = True
    done = "Going on with {name}"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return needs_word(row.submission)


class FARMHAND_OT_fetch_again(_Asks, Operator):
    """Ask the service for frames that are missing, look wrong or were deleted here; nothing is rendered again"""

    bl_idname = "farmhand.fetch_again"
    bl_label = "Download Again"
    why_not = "Select a finished job"
    request = Request.PULL_AGAIN
    goes_on = True
    done = "Fetching the frames of {name} again"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return bool(row.submission.job_id) and row.submission.is_over


class FARMHAND_OT_forget(_Asks, Operator):
    """Take the job off the list; its frames stay on disk"""

    bl_idname = "farmhand.forget"
    bl_label = "Remove from List"
    why_not = "Cancel the job first"
    request = Request.FORGET
    done = "{name} is off the list"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.state not in _PAUSABLE

    def invoke(self, context: Context, event: Event) -> set[str]:
        row = self.row(context)
        if row is None or row.submission.is_over or not self.is_possible(row):
            return self.execute(context)
        return _ask_to_stop(self, context, event, row)  # what is still to come of it is canceled


class FARMHAND_OT_open_folder(OnJob, Operator):
    """Open the folder with the job's frames"""

    bl_idname = "farmhand.open_folder"
    bl_label = "Open Folder"

    def act(self, _context: Context, row: Row) -> None:
        common.open_folder(Path(row.submission.output_folder))
        self.report({"INFO"}, rpt_("Frames go to {folder}").format(folder=row.submission.output_folder))


class FARMHAND_OT_copy_report(OnJob, Operator):
    """Copy all that is known of the job, without any key, to send it to somebody who can help"""

    bl_idname = "farmhand.copy_report"
    bl_label = "Copy Report"

    def act(self, context: Context, row: Row) -> None:
        context.window_manager.clipboard = job_report.report_text(row.submission, common.user_home())
        self.report({"INFO"}, rpt_("The report is on the clipboard"))


class FARMHAND_OT_cancel_packing(common.Guarded, Operator):
    """Stop packing; nothing has been sent yet"""

    bl_idname = "farmhand.cancel_packing"
    bl_label = "Cancel Packing"

    @classmethod
    def poll(cls, _context: Context) -> bool:
        current = ui_state.current()
        if current is None or not current.snapshot.packing:
            cls.poll_message_set(iface_("Nothing is being packed"))
            return False
        return True

    def run(self, context: Context) -> None:
        ui_state.holder().give_up_packing()
        watch.hasten(context)
        self.report({"INFO"}, rpt_("Packing was canceled; nothing was sent"))


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
