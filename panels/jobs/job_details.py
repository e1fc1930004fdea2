"""Details of the selected job: its origin, its stages with times, the check's findings, what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ... import translations
from ...client import frame_ranges
from ...client.message import from_json, translated
from ...jobs.journal.submission import LOCAL, Stage
from ...ui import state as ui_state
from ...ui.jobs.job_row import Row, row_word, stage_word, waits_to_start
from ...ui.jobs.job_words import short_time
from ...ui.jobs.progress import clock, size
from ...ui.jobs.snapshot import Details
from ...ui.news import missing_remedy, problem_sentences
from ...ui.properties import selected_row
from ...ui.servers import servers
from ...ui.text import draw_sentence
from ..buttons import button_room, draw_button, draw_label
from ..findings import SEVERITY_ICONS
from ..servers.farm_nodes import draw_job_nodes
from ..sub_panel import SubPanel
from .attention import draw_remedy
from .service_report import draw_checked, draw_pairs, draw_report

SHOWN_ODD = 8
SHOWN_HISTORY = 8


class FARMHAND_PT_job_details(SubPanel, Panel):
    title = "Details"
    bl_parent_id = "FARMHAND_PT_jobs"

    def state(self, context: Context) -> tuple[str, str]:
        return "NONE", ""

    def draw(self, context: Context) -> None:
        layout, shown, current = self.layout, selected_row(context), ui_state.current()
        if shown is None or current is None:
            draw_sentence(layout, context, iface_("Select a job in the list"), "INFO")
            return
        _draw_problem(layout, context, shown)
        details = current.snapshot.details
        draw_pairs(layout, context, _facts(shown, details))
        if details.submission_id != shown.submission.id:  # they come with the timer's next tick
            return
        _draw_parts(layout, context, shown)
        _draw_frames(layout, context, shown, details)
        if shown.checked is not None and waits_to_start(shown.current):
            draw_checked(layout, context, shown.checked)
        draw_job_nodes(layout, context, shown.current)
        draw_report(layout, context, details.report)
        _draw_findings(layout, context, details)
        _draw_history(layout, context, details)
        draw_button(layout, context, "farmhand.copy_report", "COPYDOWN")


def _draw_problem(layout: UILayout, context: Context, shown: Row) -> None:
    """Why the job stopped, in full; the places above have less room."""
    if shown.current.problem is not None:
        for place, sentence in enumerate(problem_sentences(shown.current)):
            draw_sentence(layout, context, sentence, "BLANK1" if place else "ERROR")


def _facts(shown: Row, details: Details) -> Iterator[tuple[str, str]]:
    one, job = shown.submission, details.job
    yield iface_("File"), PurePath(one.blend).name or iface_("Untitled")
    yield iface_("Scene"), one.scene
    yield iface_("Camera"), job.camera if job else ""
    yield iface_("View Layer", translations.OWN), job.view_layer if job else ""
    yield iface_("Frames"), ", ".join(frame_ranges.ranges(job.frames)) if job else ""
    yield iface_("Server"), servers.host_name(one.server_url)
    yield iface_("Job"), one.job_id
    # Only during the upload: a package is a little larger than its files, whose sizes Files to Send shows.
    is_uploading = one.stage is Stage.UPLOAD and one.server_url != LOCAL
    yield iface_("Uploaded"), size(one.upload_done) if is_uploading and one.upload_done else ""
    yield iface_("Speed"), _speed(shown)
    yield iface_("Render Time"), clock(one.normalized_seconds) if (one.normalized_seconds or 0) >= 1 else ""
    for stage, seconds, at in _stages(details.history):
        moment = time.strftime("%H:%M:%S", time.localtime(at))
        yield iface_(stage_word(stage)), f"{moment}   {clock(seconds)}" if seconds >= 1 else moment


def _speed(shown: Row) -> str:
    if shown.frame_seconds:
        return iface_("{time} per frame").format(time=short_time(shown.frame_seconds))
    return shown.speed


def _stages(history: tuple[tuple[float, Stage, object, str], ...]) -> Iterator[tuple[Stage, float, float]]:
    """Each stage that was reached, the seconds that it has taken so far, and its start.

    Frames are downloaded while others render: both are one stage here.
    """
    began: dict[Stage, float] = {}
    for at, stage, _, _ in history:
        stage = Stage.RENDER if stage is Stage.PULL else stage
        if stage_word(stage) not in map(stage_word, began):
            began[stage] = at
    ends = [*list(began.values())[1:], history[-1][0] if history else 0.0]
    for (stage, at), end in zip(began.items(), ends, strict=True):
        yield stage, end - at, at


def _draw_parts(layout: UILayout, context: Context, shown: Row) -> None:
    """The submissions of a render that has several."""
    if len(shown.parts) < 2:
        return
    column = layout.column(align=True)
    draw_label(column, context, iface_("Parts"), "OUTLINER")
    for one in shown.parts:
        state = iface_(row_word(one))
        text = f"{one.name}:  {state}, {one.frames_done}/{one.frames_total}"
        draw_sentence(column, context, text, "BLANK1")


def _draw_frames(layout: UILayout, context: Context, shown: Row, details: Details) -> None:
    one = shown.submission
    if not details.missing and not details.suspect:
        return
    column = layout.column(align=True)
    if details.missing:
        text = iface_("Missing: {frames}").format(frames=", ".join(frame_ranges.ranges(details.missing)))
        draw_sentence(column, context, text, "ERROR")
    for record in details.suspect[:SHOWN_ODD]:
        name, reason = PurePath(record.path or record.name).name, translated(record.reason, iface_)
        draw_sentence(column, context, f"{name}: {reason}", "ERROR")
    if one.frames_suspect > SHOWN_ODD:
        rest = iface_("and {count} more").format(count=one.frames_suspect - SHOWN_ODD)
        draw_label(column, context, rest, "BLANK1")
    remedy = missing_remedy(shown)
    if remedy is not None:
        draw_remedy(column, context, remedy, shown, button_room(context, inside=0))


def _draw_findings(layout: UILayout, context: Context, details: Details) -> None:
    column = layout.column(align=True)
    for finding in details.job.findings if details.job else ():
        draw_sentence(column, context, _message(finding), SEVERITY_ICONS[finding["severity"]])


def _message(finding: dict[str, Any]) -> str:
    """The stored message; versions before 0.2 stored only the English text."""
    return from_json(finding) if "template" in finding else finding["message"]


def _draw_history(layout: UILayout, context: Context, details: Details) -> None:
    said = [(at, text) for at, _, _, text in details.history if text][-SHOWN_HISTORY:]
    if not said:
        return
    column = layout.column(align=True)
    draw_label(column, context, iface_("Job Log"), "TEXT")
    for at, text in said:
        moment = time.strftime("%H:%M", time.localtime(at))
        draw_sentence(column, context, f"{moment}  {translated(text, iface_)}", "BLANK1")


CLASSES = (FARMHAND_PT_job_details,)
