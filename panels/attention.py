# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs the user, in places that are always there: nothing below moves when a job begins or ends to wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..ui.jobs.job_row import Row, waits_to_start
from ..ui.news import Remedy, first_remedy, problem_sentences
from ..ui.properties import MEANT
from ..ui.text import draw_lines, letters, text_letters

TWO_BUTTONS = 40
"""Letters from which on two buttons stand on one line."""
BESIDE, ICON = 2, 3
"""Letters that two buttons with icons take of a line more than a sentence's margin, and one icon."""


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
        draw_remedy(layout, remedy, row)


def _sentences(row: Row) -> Iterator[str]:
    one = row.current
    what, *more = problem_sentences(one)
    yield from (f"{row.submission.name}: {what}", *more)
    if row.checked is not None and waits_to_start(one):
        yield f"{iface_('Frames')}: {row.checked.frames}"
        for label, value in row.checked.settings:
            yield f"{iface_(label)}: {iface_(value)}"


def draw_other(layout: UILayout, row: Row) -> None:
    """One line of a job that is not shown and needs the user: its name, its state, and a button."""
    layout.context_string_set(MEANT, row.submission.id)
    layout.label(text=f"{row.submission.name}: {iface_(row.word)}", icon="ERROR", translate=False)
    remedy = first_remedy(row)
    if remedy is not None:
        draw_remedy(layout, replace(remedy, text=""), row, is_short=True)


def fitting(context: Context, remedy: Remedy) -> Remedy:
    """The remedy with a text that fits beside two icons: without its icon, or in fewer words."""
    room = letters(context) - BESIDE
    if text_letters(remedy.text) <= room - ICON:
        return remedy
    text = remedy.text if text_letters(remedy.text) <= room else remedy.short or remedy.text
    return replace(remedy, icon="NONE", text=text)


def draw_remedy(layout: UILayout, remedy: Remedy, row: Row, is_short: bool = False) -> None:
    """The button of a remedy. is_short: its icon alone."""
    texts = {"text": remedy.text, "translate": False} if remedy.text or is_short else {}
    button = layout.operator(remedy.operator, icon=remedy.icon, **texts)
    if remedy.operator != "farmhand.open_preferences":
        button.submission = row.submission.id
    if remedy.frames:
        button.frames = remedy.frames
