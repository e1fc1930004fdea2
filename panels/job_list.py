# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: the list of all renders, and what can be done with the selected one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import PurePath

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Menu, Panel, UILayout, UIList

from ..client.message import translated
from ..jobs.journal.submission import LOCAL, State
from ..ui import state as ui_state
from ..ui.guard import NoTraceback
from ..ui.jobs.job_list import file_of
from ..ui.jobs.job_row import Row, needs_confirmation
from ..ui.jobs.job_words import age_text, moment_text
from ..ui.jobs.progress import size
from ..ui.news import attention_sentence, first_remedy
from ..ui.properties import selected_row
from ..ui.request.summary import count_text
from ..ui.servers import servers
from ..ui.session import Session
from ..ui.text import draw_sentence, letters, plain_folder
from .result import draw_remedy
from .sub_panel import SubPanel

ROWS = 5
"""Lines of the list: constant, so that what stands below keeps its place."""
MOMENT = 36
"""Letters from which on a line has room for a day and a time beside the server."""
WIDE = 62
"""Letters from which on a line has room for the thumbnail, the state's word, and where the job belongs."""


class FARMHAND_UL_jobs(NoTraceback, UIList):
    """Draws one line; filtering and sorting were done when the journal changed"""

    def draw_item(self, context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0):
        session = ui_state.current()
        shown = session.snapshot.by_id.get(item.name) if session else None
        if shown is not None:
            row = layout.row(align=True)
            if context.window_manager.farmhand.choose_several:
                row.prop(item, "is_chosen", text="")
            _draw_line(row, session, shown, letters(context) >= WIDE)
        elif (file := file_of(item.name)) is not None:
            row = layout.row()
            row.active = False
            row.label(text=PurePath(file).name or iface_("Untitled"), icon="FILE_BLEND", translate=False)

    def filter_items(self, _context, _data, _property):
        return [], []

    def draw_filter(self, context: Context, layout: UILayout) -> None:
        window = context.window_manager.farmhand
        row = layout.row(align=True)
        row.prop(window, "search", text="", icon="VIEWZOOM")
        row.prop(window, "show", text="")
        row.prop(window, "sort", text="", icon="SORTALPHA", icon_only=True)


class FARMHAND_MT_jobs(NoTraceback, Menu):
    """What can be done with several jobs"""

    bl_label = "Several Jobs"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.prop(context.window_manager.farmhand, "choose_several")
        layout.operator("farmhand.cancel_selected", icon="X")
        layout.separator()
        layout.operator("farmhand.retry_failed", icon="FILE_REFRESH")
        layout.operator("farmhand.clear_finished", icon="TRASH")


class FARMHAND_PT_jobs(SubPanel, Panel):
    title = "Jobs"
    bl_options = {"HEADER_LAYOUT_EXPAND"}

    def state(self, context: Context) -> tuple[str, str]:
        session = ui_state.current()
        if session is None:
            return "NONE", ""
        waiting = len(session.snapshot.waiting)
        if waiting:
            return "ERROR", iface_("{count} need you").format(count=waiting) if waiting > 1 else iface_("1 needs you")
        return "NONE", str(len(session.snapshot.rows))

    def draw(self, context: Context) -> None:
        layout = self.layout
        window = context.window_manager.farmhand
        session = ui_state.current()
        if session is None or not session.snapshot.rows:
            hint = layout.row()
            hint.active = False
            hint.label(text="Jobs appear here once you render")
            return
        row = layout.row()
        row.template_list("FARMHAND_UL_jobs", "", window, "jobs", window, "active", rows=ROWS, maxrows=ROWS)
        row.column(align=True).menu("FARMHAND_MT_jobs", text="", icon="DOWNARROW_HLT")
        if not len(window.jobs):
            layout.box().label(text="No matching jobs", icon="INFO")
        shown = selected_row(context)
        if shown is not None:
            _draw_selected(layout, context, shown)


def _draw_line(layout: UILayout, session: Session, shown: Row, is_wide: bool) -> None:
    one = shown.submission
    row = layout.row(align=True)
    row.label(text="", icon=shown.icon)
    icon = session.thumbnails.icons.get(shown.picture, (0, 0.0))[0]
    if is_wide and icon:
        row.label(text="", icon_value=icon)
    row.label(text=one.name, translate=False)
    if is_wide:
        place = servers.host_name(one.server_url)
        row.label(text=f"{one.scene}  ·  {place}" if one.scene else place, translate=False)
    end = row.row()
    end.alignment = "RIGHT"
    end.label(text=_line_end(shown, is_wide), translate=False)


def _line_end(shown: Row, is_wide: bool) -> str:
    """The right side of a line: how far it is while it runs, else its frames and age."""
    one = shown.submission
    if one.state in (State.ACTIVE, State.QUEUED):
        parts = [iface_(shown.word), shown.counts, shown.left]
        parts = parts if is_wide or not shown.counts else parts[1:]
    else:
        counts = shown.counts if one.state is not State.DONE else shown.frames or shown.counts
        parts = [iface_(shown.word) if is_wide else "", counts, age_text(time.time() - one.created)]
    return " · ".join(part for part in parts if part)


def _draw_selected(layout: UILayout, context: Context, shown: Row) -> None:
    one = shown.submission
    box = layout.box()
    column = box.column(align=True)
    column.label(text=f"{one.name}:  {iface_(shown.word)}", icon=shown.icon, translate=False)
    for line in _facts(shown, letters(context) < MOMENT):
        column.label(text=line, icon="BLANK1", translate=False)
    column.label(text=plain_folder(one), icon="FILE_FOLDER", translate=False)
    if one.problem is not None:
        draw_sentence(column, context, attention_sentence(shown.current), "ERROR")
        for sentence in (one.problem.meaning, one.problem.advice):
            if sentence:
                draw_sentence(column, context, sentence, "BLANK1")
    elif needs_confirmation(shown.current):
        draw_sentence(column, context, attention_sentence(shown.current), "INFO")
    elif one.note and one.state is not State.ACTIVE:
        draw_sentence(column, context, one.note, "INFO")
    elif one.note:  # on one line: it comes and goes while the job runs
        column.label(text=translated(one.note, iface_), icon="INFO", translate=False)
    else:
        column.label(text="")  # its place stays
    if one.frames_suspect:
        text = iface_("{count} frames look wrong") if one.frames_suspect > 1 else iface_("1 frame looks wrong")
        column.label(text=text.format(count=one.frames_suspect), icon="ERROR", translate=False)
    _draw_actions(box, shown)


def _draw_actions(layout: UILayout, shown: Row) -> None:
    column = layout.column(align=True)
    remedy = first_remedy(shown)
    if remedy is not None:
        draw_remedy(column, remedy, shown)
    row = column.row(align=True)
    row.operator("farmhand.play", icon="PLAY")
    row.menu("FARMHAND_MT_import", icon="IMPORT")
    row.operator("farmhand.cancel", text="", icon="X")
    row.menu("FARMHAND_MT_job", text="", icon="DOWNARROW_HLT")


def _facts(shown: Row, is_short: bool) -> Iterator[str]:
    one = shown.submission
    submitted = moment_text(one.created, time.time(), is_short)
    yield f"{servers.host_name(one.server_url)}  ·  {submitted}"
    yield _frames_text(shown)
    if one.server_url != LOCAL:
        yield iface_("{size} uploaded").format(size=size(one.upload_done))


def _frames_text(shown: Row) -> str:
    one = shown.submission
    if not one.frames_total:
        return iface_("{count} files").format(count=one.frames_done) if one.frames_done != 1 else iface_("1 file")
    if one.is_over:
        if one.frames_total == one.frames_done:
            return count_text(one.frames_done)
        return iface_("{done} of {total} frames").format(done=one.frames_done, total=one.frames_total)
    text = iface_("Rendered {rendered} of {total}, downloaded {done}")
    rendered = max(one.frames_rendered, one.frames_done)
    return text.format(rendered=rendered, done=one.frames_done, total=one.frames_total)


CLASSES = (FARMHAND_UL_jobs, FARMHAND_MT_jobs, FARMHAND_PT_jobs)
