# SPDX-License-Identifier: GPL-3.0-or-later
"""More frames of a package that was sent before: the rest after a scout, or frames once more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy.types import Context, Event, Operator

from ..client.errors import LocalProblem
from ..jobs import frame_names, job_folder, resubmit
from ..jobs.job_folder import JobFile
from ..jobs.journal import Journal
from ..jobs.submission import FrameState
from ..ui import render_request, servers
from ..ui import state as ui_state
from ..ui.job_row import Row
from . import common, confirm_dialog, watch
from .jobs import OnJob


@dataclass(frozen=True, slots=True)
class _Order:
    """What would be sent.  taken: how many of the frames lie there already."""

    job: JobFile
    frames: tuple[int, ...]
    name: str
    taken: int


class _SendsAgain(OnJob):
    """Makes a new submission from the selected one's package, after asking what has to be asked."""

    existing: confirm_dialog.existing_property()
    # What the dialog shows, read once before it opens: drawing touches no disk.
    line: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    server_url: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    taken: IntProperty(options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        row = self.row(context)
        if row is None or not self.is_possible(row):
            return self.execute(context)
        self.submission = row.submission.id  # the list's selection may change while the question is open
        order = self.order(row)
        server = servers.server_at(context, order.job.server_url)
        if order.taken:
            self.existing = "replace"  # whoever confirms the dialog as it stands has chosen this
        elif not server.costs_money or not order.frames:
            return self.execute(context)
        self.line = f"{order.name}:  {render_request.count_text(len(order.frames))}  →  {order.job.output.folder}"
        self.server_url, self.taken = server.url, order.taken
        return confirm_dialog.ask(context, self, server)

    def draw(self, context: Context) -> None:
        server = servers.server_at(context, self.server_url)
        confirm_dialog.draw(self, context, server, self.line, (), self.taken)

    def act(self, context: Context, row: Row) -> None:
        order = self.order(row)
        if not order.frames:
            raise LocalProblem(rpt_("All of these frames are here."), rpt_("Nothing is left to render."))
        servers.demand_network(context, order.job.server_url)
        existing = self.existing if self.properties.is_property_set("existing") else order.job.output.existing
        if order.taken and existing == "ask":
            raise frame_names.conflict_error(order.taken)
        made = resubmit.resubmit(common.user_home(), row.submission, order.frames, order.name, existing=existing)
        common.wake_courier(context)
        watch.hasten(context)
        text = rpt_("{name}: {frames}, with the package that was sent before")
        self.report({"INFO"}, text.format(name=made.name, frames=render_request.count_text(len(order.frames))))

    def order(self, row: Row) -> _Order:
        """What this operator would send of the job.  Raises LocalProblem."""
        raise NotImplementedError


class FARMHAND_OT_render_rest(_SendsAgain, Operator):
    """Render the frames that the scout left out, from the package that is there already"""

    bl_idname = "farmhand.render_rest"
    bl_label = "Render the Rest"
    why_not = "Select a scout that is over"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.is_over and bool(ui_state.rest_of(row.submission.id))

    def order(self, row: Row) -> _Order:
        job = job_folder.read(common.user_home().job(row.submission.id))
        name = row.submission.name.removesuffix(render_request.scout_suffix())
        return _order(job, job.rest, iface_("{name} · rest").format(name=name))


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

    def order(self, row: Row) -> _Order:
        home = common.user_home()
        job = job_folder.read(home.job(row.submission.id))
        wanted = job.frames
        if self.frames == "WRONG":
            with Journal(home.journal) as journal:
                records = journal.frames(row.submission.id)
            # A frame may have several files: it is well when all of them are.
            wrong = {
                one.frame for one in records if one.state is not FrameState.DOWNLOADED or not Path(one.path).is_file()
            }
            known = {one.frame for one in records}
            wanted = [number for number in wanted if number in wrong or number not in known]
        return _order(job, wanted, iface_("{name} · again").format(name=row.submission.name))


def _order(job: JobFile, frames: list[int], name: str) -> _Order:
    return _Order(job, tuple(frames), name, len(frame_names.existing_in(job.output, frames)))


CLASSES = (FARMHAND_OT_render_rest, FARMHAND_OT_render_again)
