"""What needs the user, in a fixed space: nothing below moves when a job starts or stops waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ...ui.jobs.job_row import Row, waits_to_start
from ...ui.news import Remedy, first_remedy, problem_sentences
from ...ui.properties import MEANT
from ...ui.text import draw_lines
from ..buttons import BOX, ICON, WITH_ICON, are_beside, button_room, fitting, label, line_width


def draw_needs(layout: UILayout, context: Context, row: Row, lines: int) -> None:
    """Why the shown job needs the user, and what helps: always on the same number of lines."""
    layout = layout.column(align=True)
    layout.context_string_set(MEANT, row.submission.id)
    has_file = row.current.blend == bpy.data.filepath
    if waits_to_start(row.current):
        texts = label("farmhand.start_render"), label("farmhand.discard")
        is_wide = are_beside(context, line_width(context) - BOX, *texts, around=WITH_ICON)
        draw_lines(layout, context, _sentences(row), "INFO", lines - (1 if is_wide else 2) - has_file)
        buttons = layout.row(align=True) if is_wide else layout
        helps = [("start_render", "PLAY", buttons, iface_("Render")), ("discard", "TRASH", buttons, "")]
        helps += [("use_current_settings", "FILE_REFRESH", layout, "")] if has_file else []
        for operator, icon, on, short in helps:
            draw_fitting(on, context, f"farmhand.{operator}", icon, short).submission = row.submission.id
        return
    remedy = first_remedy(row)
    draw_lines(layout, context, _sentences(row), "ERROR", lines - (remedy is not None))
    if remedy is not None:
        draw_remedy(layout, context, remedy, row, button_room(context))


def _sentences(row: Row) -> Iterator[str]:
    one = row.current
    what, *more = problem_sentences(one)
    yield from (f"{row.submission.name}: {what}", *more)
    if row.checked is not None and waits_to_start(one):
        yield f"{iface_('Frames')}: {row.checked.frames}"
        for label, value in row.checked.settings:
            yield f"{iface_(label)}: {iface_(value)}"


def draw_other(layout: UILayout, context: Context, row: Row) -> None:
    """One line for another job that needs the user: its name, its state, and a button."""
    layout.context_string_set(MEANT, row.submission.id)
    remedy, word = first_remedy(row), iface_(row.word)
    room = button_room(context) - (ICON if remedy is not None else 0)
    icon, text = fitting(context, "ERROR", room, f"{row.submission.name}: {word}", word)
    layout.label(text=text, icon=icon, translate=False)
    if remedy is not None:
        draw_remedy(layout, context, remedy, row, 0.0)


def draw_remedy(layout: UILayout, context: Context, remedy: Remedy, row: Row, room: float) -> None:
    """The button of a remedy, whose text is never cut.

    Args:
        row: the job that it is for.
        room: for its icon and text, in pixels at UI scale 1.
    """
    icon, text = fitting(context, remedy.icon, room, remedy.text or label(remedy.operator), remedy.short)
    button = layout.operator(remedy.operator, icon=icon, text=text, translate=False)
    if remedy.operator != "farmhand.open_preferences":
        button.submission = row.submission.id
    if remedy.frames:
        button.frames = remedy.frames


def draw_fitting(layout: UILayout, context: Context, operator: str, icon: str, short: str = "") -> Any:
    """A button on one line of a box, whose text is never cut. Returns the operator's properties.

    Args:
        short: a text, as shown, that is used if the operator's own does not fit.
    """
    shown_icon, text = fitting(context, icon, button_room(context), label(operator), short)
    return layout.operator(operator, icon=shown_icon, text=text, translate=False)
