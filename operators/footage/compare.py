"""Compare: one frame of a job is also rendered on this computer, from the same package that was sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from ...client.errors import LocalProblem
from ...courier.servers import local_farm
from ...jobs import resubmit
from ...jobs.folder import job_folder
from ...jobs.folder.job_folder import Output
from ...jobs.journal.submission import IN_PLACE, LOCAL, Submission
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row
from ...ui.jobs.renders import COMPARE
from .. import children, common, watch
from ..jobs.jobs import OnJob
from . import footage

FOLDER = "compare"
"""Below the job's own frames, which stay as they are."""


class FARMHAND_OT_compare(OnJob, Operator):
    """Render this frame on this computer as well, and show where the two differ"""

    bl_idname = "farmhand.compare"
    bl_label = "Compare with Local Render"
    why_not = "Select a job with frames that was submitted from this computer"

    @classmethod
    def is_possible(cls, row: Row) -> bool:
        return row.submission.frames_done > 0 and row.has_package

    def act(self, context: Context, row: Row) -> None:
        home, render = common.user_home(), row.submission
        records = footage.records_of(home, row)
        files = footage.footage_of(row, records).files
        frame = min(files, key=lambda number: abs(number - context.scene.frame_current))
        came_by = {record.frame: record.submission_id for record in records if record.state in IN_PLACE}
        before = next(part for part in row.parts if part.id == came_by[frame])
        children.when_known(files[frame], lambda exists: _render(render, before, frame, files[frame], exists))


def _render(render: Submission, before: Submission, frame: int, file: Path, exists: bool) -> None:
    """Render the frame here.

    Args:
        render: what is compared. before: its submission that the frame is from.
        exists: whether the frame's file does.
    """
    context, home = bpy.context, common.user_home()
    if not exists:
        raise LocalProblem(
            rpt_("{file} no longer exists.").format(file=file.name), "", rpt_("Download it again, then compare.")
        )
    job = job_folder.read(home.job(before.id))
    name = iface_("{name} · compare").format(name=render.name)
    made = resubmit.resubmit(home, before, [frame], name, here=_output(job.output), purpose=COMPARE)
    arrivals, text = ui_state.require().arrivals, rpt_("Rendering frame {frame} on this computer to compare it")
    arrivals.comparisons[made.id] = render.id, str(file)
    arrivals.compared[render.id] = text.format(frame=frame)
    common.wake_courier(context)
    local_farm.warm_up(home, LOCAL, job.blender, allow_add_ons=job.allow_add_ons)
    watch.hasten(context)
    ui_state.require().reports.notes.append(("INFO", arrivals.compared[render.id]))


def _output(output: Output) -> Output:
    folder = Path(output.folder, FOLDER)
    moved = output.renamed(lambda pattern, _frames: str(folder / Path(pattern).name) if pattern else "", ())
    return replace(moved, folder=str(folder), existing="replace")


CLASSES = (FARMHAND_OT_compare,)
