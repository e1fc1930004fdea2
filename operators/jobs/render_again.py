"""Renders more frames of an uploaded package: those that test frames left out, or frames again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy.types import Context, Event, Operator

from ...client.errors import LocalProblem
from ...jobs import resubmit
from ...jobs.folder import frame_names, job_folder
from ...jobs.folder.job_folder import JobFile
from ...jobs.journal.submission import FrameState
from ...ui.jobs.job_row import Row
from ...ui.request import summary
from ...ui.servers import servers
from ...ui.text import plain_folder
from .. import common, watch
from ..footage import footage
from ..submitting import confirm_dialog
from .jobs import OnJob


@dataclass(frozen=True, slots=True)
class _Order:
    """What would be submitted. taken: frames that already exist."""

    job: JobFile
    frames: tuple[int, ...]
    name: str
    taken: frozenset[int]


class _SendsAgain(OnJob):
    """Makes a new submission from the selected render's package, after the necessary questions."""

    existing: confirm_dialog.existing_property()
    # What the dialog shows, read once before it opens, so that drawing does not access the disk.
    line: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    server_url: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    total: IntProperty(options={"HIDDEN", "SKIP_SAVE"})
    taken: IntProperty(options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        row = self.row(context)
        if row is None or not self.is_possible(row):
            return self.execute(context)
        self.submission = row.submission.id  # the list's selection may change while the question is open
        order = self.order(row)
        server = servers.server_at(context, order.job.server_url)
        if order.taken:
            self.existing = "replace"  # frames that are rendered again should be replaced
        elif not server.costs_money or not order.frames:
            return self.execute(context)
        count = summary.count_text(len(order.frames))
        self.line = f"{row.submission.name}:  {count}  →  {plain_folder(row.submission)}"
        self.server_url, self.total, self.taken = server.url, len(order.frames), len(order.taken)
        return confirm_dialog.ask(context, self, server)

    def draw(self, context: Context) -> None:
        server = servers.server_at(context, self.server_url)
        question = confirm_dialog.Question(server, self.line, (), self.total, self.taken)
        confirm_dialog.draw(self, context, question)

    def act(self, context: Context, row: Row) -> None:
        order = self.order(row)
        existing = self.existing if self.properties.is_property_set("existing") else order.job.output.existing
        frames = [number for number in order.frames if existing != "skip" or number not in order.taken]
        if not frames:
            nothing, skipped = rpt_("No frame is missing or faulty."), rpt_("All of these frames already exist.")
            raise LocalProblem(skipped if order.frames else nothing, rpt_("Nothing is left to render."))
        servers.demand_network(context, order.job.server_url)
        if order.taken and existing == "ask":
            raise frame_names.conflict_error(len(order.taken))
        existing = "replace" if existing == "skip" else existing
        resubmit.resubmit(common.user_home(), row.latest, frames, order.name, existing=existing)
        common.wake_courier(context)
        watch.hasten(context)
        text = rpt_("{name}: {frames} submitted, using the package that is already packed")
        self.report({"INFO"}, text.format(name=row.submission.name, frames=summary.count_text(len(frames))))

    def order(self, row: Row) -> _Order:
        """What this operator would submit for the render. Raises LocalProblem."""
        raise NotImplementedError


class FARMHAND_OT_render_rest(_SendsAgain, Operator):
    """Render the frames that the test frames left out, without another upload"""

    bl_idname = "farmhand.render_rest"
    bl_label = "Render Remaining Frames"
    why_not = "Select a finished job of test frames"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.is_over and bool(row.rest)

    def order(self, row: Row) -> _Order:
        return _order(_job(row), row.rest, iface_("{name} · rest").format(name=row.submission.name))


class FARMHAND_OT_render_again(_SendsAgain, Operator):
    """Render frames of this job again, without another upload"""

    bl_idname = "farmhand.render_again"
    bl_label = "Render Again"
    why_not = "Select a finished job that was submitted from this computer"

    frames: EnumProperty(
        name="Frames",
        description="Frames to render again",
        items=(
            ("WRONG", "Missing or Faulty", "Frames that were not downloaded, or look wrong"),
            ("ALL", "All Frames", "Every frame of the job"),
        ),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.current.is_over and row.has_package

    def order(self, row: Row) -> _Order:
        wanted = frames_to_repeat(row) if self.frames == "WRONG" else _all_frames(row)
        return _order(_job(row), tuple(wanted), iface_("{name} · again").format(name=row.submission.name))


def frames_to_repeat(row: Row) -> list[int]:
    """Numbers of frames that are missing or look wrong. Raises LocalProblem."""
    # A frame may have several files: it is complete when all of them are; a later submission counts.
    good = dict[int | None, bool]()
    for one in row.parts:
        part = dict[int | None, bool]()
        for record in footage.records_of_part(common.user_home(), one):
            is_good = record.state is FrameState.DOWNLOADED and Path(record.path).is_file()
            part[record.frame] = part.get(record.frame, True) and is_good
        good |= part
    return [number for number in _all_frames(row) if not good.get(number)]


def _all_frames(row: Row) -> list[int]:
    home = common.user_home()
    return sorted({number for one in row.parts for number in job_folder.read(home.job(one.id)).frames})


def _job(row: Row) -> JobFile:
    return job_folder.read(common.user_home().job(row.latest.id))


def _order(job: JobFile, frames: tuple[int, ...], name: str) -> _Order:
    return _Order(job, frames, name, frozenset(frame_names.existing_in(job.output, frames)))


CLASSES = (FARMHAND_OT_render_rest, FARMHAND_OT_render_again)
