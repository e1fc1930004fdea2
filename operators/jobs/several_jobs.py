"""One action for several jobs of the list: those with a check mark, or all that failed."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Event, Operator

from ...client.errors import FarmhandError
from ...client.message import translated
from ...jobs import resubmit
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import Request, State
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row, needs_key
from ...ui.servers import servers
from .. import common, watch
from .jobs import STOPPABLE
from .render_again import frames_to_repeat


class _OnSeveral(common.Explained, common.Guarded):
    """Asks once, then acts on each; a subclass defines the jobs."""

    why_not = ""
    question = message = button = ""

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return iface_(cls.why_not) if not cls.rows() else ""

    @classmethod
    def rows(cls) -> list[Row]:
        """The jobs that the operator acts on."""
        raise NotImplementedError

    def invoke(self, context: Context, event: Event) -> set[str]:
        count = len(self.rows())
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=iface_(self.question).format(count=count),
            message=iface_(self.message),
            confirm_text=iface_(self.button),
        )


class FARMHAND_OT_cancel_selected(_OnSeveral, Operator):
    """Stop all jobs with a check mark; frames already downloaded are kept"""

    bl_idname = "farmhand.cancel_selected"
    bl_label = "Cancel Selected Jobs"
    why_not = "Turn on Select Several and check jobs that are still running"
    question = "Stop selected jobs? ({count})"
    message = "Frames already downloaded are kept."
    button = "Stop Jobs"

    @classmethod
    def rows(cls) -> list[Row]:
        session = ui_state.current()
        if session is None:
            return []
        found = (session.snapshot.by_id.get(name) for name in session.listed.chosen)
        return [row for row in found if row is not None and row.current.state in STOPPABLE]

    def run(self, context: Context) -> None:
        rows = self.rows()
        with Journal(common.user_home().journal, busy_seconds=common.WRITE_SECONDS) as journal:
            for row in rows:
                journal.ask(row.current.id, Request.CANCEL)
        ui_state.require().listed.chosen.clear()
        common.wake_courier(context)
        watch.hasten(context)
        text = rpt_("Canceling 1 job") if len(rows) == 1 else rpt_("Canceling {count} jobs")
        self.report({"INFO"}, text.format(count=len(rows)))


class FARMHAND_OT_retry_failed(_OnSeveral, Operator):
    """Resume every job that stopped, and render the missing frames of every job that failed"""

    bl_idname = "farmhand.retry_failed"
    bl_label = "Retry All Failed Jobs"
    why_not = "No job failed or stopped"
    question = "Retry failed jobs? ({count})"
    message = "Frames already downloaded are not rendered again."
    button = "Retry Jobs"

    @classmethod
    def rows(cls) -> list[Row]:
        session = ui_state.current()
        return [row for row in session.snapshot.rows if _has_failed(row)] if session else []

    def run(self, context: Context) -> None:
        count, problems = 0, list[str]()
        for row in self.rows():
            try:
                servers.demand_network(context, row.current.server_url)
                _retry(row)
                count += 1
            except FarmhandError as error:
                problems.append(f"{row.submission.name}: {translated(error.what, rpt_)}")
        common.wake_courier(context)
        watch.hasten(context)
        if count:
            text = rpt_("Resuming 1 job") if count == 1 else rpt_("Resuming {count} jobs")
            self.report({"INFO"}, text.format(count=count))
        for problem in problems:
            self.report({"WARNING"}, problem)


def _has_failed(row: Row) -> bool:
    """Stopped on the way, or failed on the server with missing frames that can be submitted again from here."""
    if row.current.state is State.STOPPED or needs_key(row.current):
        return True
    return row.current.state is State.FAILED and row.has_package and row.missing_count > 0


def _retry(row: Row) -> None:
    home = common.user_home()
    if row.current.state is not State.FAILED:
        with Journal(home.journal, busy_seconds=common.WRITE_SECONDS) as journal:
            journal.ask(row.current.id, Request.RETRY)
        return
    name = iface_("{name} · again").format(name=row.submission.name)
    # A file that we did not write belongs to the user: the new frame gets another name.
    resubmit.resubmit(home, row.latest, frames_to_repeat(row), name, existing="keep")


CLASSES = (FARMHAND_OT_cancel_selected, FARMHAND_OT_retry_failed)
