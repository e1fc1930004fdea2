"""The list itself: a job gets another name, and finished jobs leave it."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from ...client.errors import LocalProblem
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import Request, State
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row
from .. import common, watch
from .jobs import OnJob


class FARMHAND_OT_rename(OnJob, Operator):
    """Rename the job in the list; its files keep their names"""

    bl_idname = "farmhand.rename"
    bl_label = "Rename Job…"

    name: StringProperty(name="Name", options={"SKIP_SAVE"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        row = self.row(context)
        if row is None:
            return self.execute(context)
        self.submission, self.name = row.submission.id, row.submission.name
        return context.window_manager.invoke_props_dialog(self, title=iface_("Rename Job"))

    def act(self, context: Context, row: Row) -> None:
        if not self.name.strip():
            raise LocalProblem(rpt_("Enter a name."))
        with Journal(common.user_home().journal, busy_seconds=common.WRITE_SECONDS) as journal:
            journal.rename(row.parts[0].id, self.name.strip())
        watch.hasten(context)
        self.report({"INFO"}, rpt_("Renamed the job to {name}").format(name=self.name.strip()))


class FARMHAND_OT_clear_finished(common.Explained, common.Guarded, Operator):
    """Remove all done and canceled jobs from the list; their frames stay on disk"""

    bl_idname = "farmhand.clear_finished"
    bl_label = "Clear Finished Jobs"

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        session = ui_state.current()
        if session is None or not any(map(_is_finished, session.snapshot.rows)):
            return iface_("No job is finished")
        return ""

    def invoke(self, context: Context, event: Event) -> set[str]:
        count = sum(map(_is_finished, ui_state.require().snapshot.rows))
        one = iface_("1 job will be removed from the list; its frames stay on disk.")
        more = iface_("{count} jobs will be removed from the list; their frames stay on disk.")
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=iface_("Clear finished jobs?"),
            message=one if count == 1 else more.format(count=count),
            confirm_text=iface_("Clear Jobs"),
        )

    def run(self, context: Context) -> None:
        finished = [row for row in ui_state.require().snapshot.rows if _is_finished(row)]
        with Journal(common.user_home().journal, busy_seconds=common.WRITE_SECONDS) as journal:
            for row in finished:
                for one in row.parts:
                    journal.ask(one.id, Request.FORGET)
        common.wake_courier(context)
        watch.hasten(context)
        one, more = rpt_("Removed 1 job from the list"), rpt_("Removed {count} jobs from the list")
        self.report({"INFO"}, one if len(finished) == 1 else more.format(count=len(finished)))


def _is_finished(row: Row) -> bool:
    return row.submission.state in (State.DONE, State.CANCELED) and all(one.is_over for one in row.parts)


CLASSES = (FARMHAND_OT_rename, FARMHAND_OT_clear_finished)
