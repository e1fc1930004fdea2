# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: the list of all submissions, and what can be done with the selected one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import PurePath

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout, UIList

from ..jobs import server_address
from ..jobs.submission import LOCAL, State, Submission
from ..ui import state as ui_state
from ..ui.guard import NoTraceback
from ..ui.job_list import file_of
from ..ui.job_row import Row, needs_key, needs_word
from ..ui.progress import size
from ..ui.properties import selected_row
from ..ui.text import draw_sentence, letters
from .options import SubPanel

FEWEST_ROWS, MOST_ROWS = 2, 6
WIDE = 62
"""Letters from which on a line has room for the thumbnail, the state's word, and where the job belongs."""


class FARMHAND_UL_jobs(NoTraceback, UIList):
    """Draws one line; filtering and sorting were done when the journal changed"""

    def draw_item(self, context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0):
        current = ui_state.current()
        shown = current.snapshot.by_id.get(item.name) if current else None
        if shown is not None:
            _draw_line(layout, current, shown, letters(context) >= WIDE)
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


class FARMHAND_PT_jobs(SubPanel, Panel):
    title = "Jobs"
    bl_options = {"HEADER_LAYOUT_EXPAND"}

    def state(self, context: Context) -> tuple[str, str]:
        current = ui_state.current()
        return "NONE", str(len(current.snapshot.rows)) if current else ""

    def draw(self, context: Context) -> None:
        layout = self.layout
        window = context.window_manager.farmhand
        current = ui_state.current()
        if current is None or not current.snapshot.rows:
            hint = layout.row()
            hint.active = False
            hint.label(text="Jobs appear here once you render")
            return
        rows = min(max(len(window.jobs), FEWEST_ROWS), MOST_ROWS)
        layout.template_list("FARMHAND_UL_jobs", "", window, "jobs", window, "active", rows=rows)
        if not len(window.jobs):
            layout.label(text="No job passes the filter", icon="INFO")
        shown = selected_row(context)
        if shown is not None:
            _draw_selected(layout, context, shown)


def server_name(one: Submission) -> str:
    """Where the job renders, in a word."""
    return (
        iface_("This Computer") if one.server_url == LOCAL else server_address.host_of(one.server_url) or one.server_url
    )


def _draw_line(layout: UILayout, current: ui_state.Live, shown: Row, is_wide: bool) -> None:
    one = shown.submission
    split = layout.split(factor=0.4 if is_wide else 0.58)
    name = split.row(align=True)
    name.label(text="", icon=shown.icon)
    thumbnail = current.thumbnails.get(one.latest_frame)
    if is_wide and thumbnail is not None and thumbnail.icon:
        name.label(text="", icon_value=thumbnail.icon)
    name.label(text=one.name, translate=False)
    if is_wide:
        split = split.split(factor=0.45)
        split.label(text=f"{one.scene}  ·  {server_name(one)}" if one.scene else server_name(one), translate=False)
    _draw_state(split, shown, is_wide)


def _draw_state(layout: UILayout, shown: Row, is_wide: bool) -> None:
    counts = [shown.counts, shown.left]
    if shown.submission.state in (State.ACTIVE, State.QUEUED):
        parts = [iface_(shown.word), *counts] if is_wide or not any(counts) else counts
        layout.progress(factor=shown.factor, text="  ".join(part for part in parts if part))
        return
    row = layout.row()
    if is_wide:
        row.label(text=shown.word)
    end = row.row()
    end.alignment = "RIGHT"
    end.label(text=shown.counts, translate=False)


def _draw_selected(layout: UILayout, context: Context, shown: Row) -> None:
    one = shown.submission
    box = layout.box()
    _draw_picture(box, one.latest_frame)
    column = box.column(align=True)
    column.label(text=f"{one.name}:  {iface_(shown.word)}", icon=shown.icon, translate=False)
    for line in _facts(shown):
        draw_sentence(column, context, line, "BLANK1")
    column.label(text=_folder(one), icon="FILE_FOLDER", translate=False)
    if one.problem is not None:
        for sentence in (one.problem.what, one.problem.meaning, one.problem.advice):
            if sentence:
                draw_sentence(column, context, sentence, "ERROR" if sentence == one.problem.what else "BLANK1")
    elif one.note:
        draw_sentence(column, context, one.note, "INFO")
    if one.frames_suspect:
        text = iface_("{count} frames look wrong") if one.frames_suspect > 1 else iface_("1 frame looks wrong")
        column.label(text=text.format(count=one.frames_suspect), icon="ERROR", translate=False)
    _draw_actions(box, one)


def _folder(one: Submission) -> str:
    """Where the frames go, as Blender writes it: // is the folder of the open file."""
    folder, home = PurePath(one.output_folder), PurePath(one.blend).parent
    is_open = bool(one.blend) and one.blend == bpy.data.filepath
    return f"//{folder.relative_to(home).as_posix()}" if is_open and folder.is_relative_to(home) else str(folder)


def _draw_picture(layout: UILayout, path: str) -> None:
    current = ui_state.current()
    thumbnail = current.thumbnails.get(path) if current else None
    if thumbnail is not None and thumbnail.icon:
        layout.template_icon(icon_value=thumbnail.icon, scale=5.5)


def _draw_actions(layout: UILayout, one: Submission) -> None:
    column = layout.column(align=True)
    first = _first_action(one)
    if first is not None:
        name, icon = first
        button = column.operator(name, icon=icon)
        if name == "farmhand.render_again":
            button.frames = "WRONG"
    row = column.row(align=True)
    row.operator("farmhand.open_folder", text="Folder", icon="FILE_FOLDER")
    row.menu("FARMHAND_MT_import", icon="IMPORT")
    if not one.is_over:
        row.operator("farmhand.cancel", text="", icon="X")
    row.menu("FARMHAND_MT_job", text="", icon="DOWNARROW_HLT")


def _first_action(one: Submission) -> tuple[str, str] | None:
    """What is done next with most jobs in this state: operator and icon."""
    if needs_word(one):
        return "farmhand.confirm", "PLAY"
    if needs_key(one) or one.state is State.STOPPED:
        return "farmhand.retry", "FILE_REFRESH"
    if one.state is State.PAUSED:
        return "farmhand.resume", "PLAY"
    if ui_state.rest_of(one.id) and one.is_over:
        return "farmhand.render_rest", "RENDER_ANIMATION"
    if one.is_over and (one.frames_suspect or one.frames_done < one.frames_total):
        return "farmhand.render_again", "FILE_REFRESH"
    return None


def _facts(shown: Row) -> Iterator[str]:
    one = shown.submission
    yield f"{server_name(one)}  ·  {time.strftime('%Y-%m-%d %H:%M', time.localtime(one.created))}"
    if one.frames_total and not one.is_over:
        text = iface_("{rendered} rendered and {here} here, of {total}")
        rendered = max(one.frames_rendered, one.frames_done)
        yield text.format(rendered=rendered, here=one.frames_done, total=one.frames_total)
    elif one.frames_total > 1:
        yield iface_("{here} of {total} frames").format(here=one.frames_done, total=one.frames_total)
    elif one.frames_total:
        yield iface_("1 frame")
    if one.upload_done:
        yield iface_("{size} sent").format(size=size(one.upload_done))


CLASSES = (FARMHAND_UL_jobs, FARMHAND_PT_jobs)
