# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs the user, in places that are always there: nothing below moves when a job begins or ends to wait."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ...ui.jobs.job_row import Row, waits_to_start
from ...ui.news import Remedy, first_remedy, problem_sentences
from ...ui.properties import MEANT
from ...ui.text import draw_lines, letters, text_width
from ..buttons import ICON, button_room, label

TWO_BUTTONS = 40
"""Letters from which on two buttons stand on one line."""


def draw_needs(layout: UILayout, context: Context, row: Row, lines: int) -> None:
    """Why the shown job needs the user, and what helps: on so many lines, whatever there is to say."""
    layout = layout.column(align=True)
    layout.context_string_set(MEANT, row.submission.id)
    has_file = row.current.blend == bpy.data.filepath
    if waits_to_start(row.current):
        is_wide = letters(context) >= TWO_BUTTONS
        draw_lines(layout, context, _sentences(row), "INFO", lines - (1 if is_wide else 2) - has_file)
        buttons = layout.row(align=True) if is_wide else layout
        buttons.operator("farmhand.start_render", icon="PLAY").submission = row.submission.id
        buttons.operator("farmhand.discard", icon="TRASH").submission = row.submission.id
        if has_file:
            layout.operator("farmhand.use_current_settings", icon="FILE_REFRESH").submission = row.submission.id
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
    """One line of a job that is not shown and needs the user: its name, its state, and a button."""
    layout.context_string_set(MEANT, row.submission.id)
    layout.label(text=f"{row.submission.name}: {iface_(row.word)}", icon="ERROR", translate=False)
    remedy = first_remedy(row)
    if remedy is not None:
        draw_remedy(layout, context, remedy, row, 0.0)


def draw_remedy(layout: UILayout, context: Context, remedy: Remedy, row: Row, room: float) -> None:
    """The button of a remedy, whose text is never cut.

    Args:
        row: the job that it helps.
        room: for its icon and text, in pixels at UI scale 1.
    """
    icon, text = _fitting(context, remedy, room)
    button = layout.operator(remedy.operator, icon=icon, text=text, translate=False)
    if remedy.operator != "farmhand.open_preferences":
        button.submission = row.submission.id
    if remedy.frames:
        button.frames = remedy.frames


def _fitting(context: Context, remedy: Remedy, room: float) -> tuple[str, str]:
    """Icon and text that fit: the icon goes first, then there are fewer words, at last the icon alone."""
    text = remedy.text or label(remedy.operator)
    for shown in (text, remedy.short or text):
        width = text_width(context, shown)
        if width <= room:
            return remedy.icon if width + ICON <= room else "NONE", shown
    return remedy.icon, ""
