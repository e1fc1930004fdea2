# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: the list of all submissions, and what can be done with the selected one."""

from __future__ import annotations

import time
from pathlib import PurePath
from urllib.parse import urlsplit

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout, UIList

from .. import live
from ..courier.submission import LOCAL, State, Submission
from ..job_row import Row
from ..operators.jobs import needs_key, needs_word
from ..pace import size
from ..properties import selected_row
from ..sentences import translated
from .options import SubPanel
from .text import draw_sentence

FEWEST_ROWS, MOST_ROWS = 2, 6


class FARMHAND_UL_jobs(UIList):
    """Draws one line; filtering and sorting were done when the journal changed"""

    def draw_item(self, _context, layout, _data, item, _icon, _active, _property, _index=0, _flag=0):
        current = live.current()
        shown = current.snapshot.by_id.get(item.name) if current else None
        if shown is None:
            return
        one = shown.submission
        split = layout.split(factor=0.46)
        name = split.row(align=True)
        name.label(text="", icon=shown.icon)
        thumbnail = current.thumbnails.get(one.latest_frame)
        if thumbnail is not None and thumbnail.icon:
            name.label(text="", icon_value=thumbnail.icon)
        name.label(text=one.name, translate=False)
        if one.state in (State.ACTIVE, State.QUEUED):
            split.progress(factor=shown.factor, text=f"{iface_(shown.word)} {shown.left or shown.counts}".rstrip())
            return
        right = split.row()
        right.label(text=shown.word)
        end = right.row()
        end.alignment = "RIGHT"
        end.label(text=shown.counts, translate=False)

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
        current = live.current()
        return "NONE", str(len(current.snapshot.rows)) if current else ""

    def draw(self, context: Context) -> None:
        layout = self.layout
        window = context.window_manager.farmhand
        current = live.current()
        if current is None or not current.snapshot.rows:
            hint = layout.row()
            hint.active = False
            hint.label(text="Jobs appear here once you render")
            return
        rows = min(max(len(window.jobs), FEWEST_ROWS), MOST_ROWS)
        layout.template_list("FARMHAND_UL_jobs", "", window, "jobs", window, "active", rows=rows)
        shown = selected_row(context)
        if shown is not None:
            _draw_selected(layout, context, shown, current.snapshot.details)


def _draw_selected(layout: UILayout, context: Context, shown: Row, details: live.Details) -> None:
    one = shown.submission
    box = layout.box()
    _draw_picture(box, one.latest_frame)
    column = box.column(align=True)
    column.label(text=one.name, icon=shown.icon, translate=False)
    facts = column.column(align=True)
    facts.active = False
    for line in _facts(shown):
        facts.label(text=line, translate=False)
    facts.label(text=_folder(one), icon="FILE_FOLDER", translate=False)
    if one.problem is not None:
        for sentence in (one.problem.what, one.problem.meaning, one.problem.advice):
            if sentence:
                draw_sentence(column, context, sentence, "ERROR" if sentence == one.problem.what else "BLANK1")
    elif one.note:
        draw_sentence(column, context, one.note, "INFO")
    if one.frames_suspect:
        text = iface_("{count} frames look wrong").format(count=one.frames_suspect)
        column.label(text=text, icon="ERROR", translate=False)
        for record in details.suspect[:3]:
            reason = translated(record.reason, iface_)
            draw_sentence(column, context, f"{PurePath(record.path).name}: {reason}", "BLANK1")
    _draw_actions(box, one)


def _folder(one: Submission) -> str:
    """Where the frames go, as Blender writes it: // is the folder of the .blend."""
    folder, home = PurePath(one.output_folder), PurePath(one.blend).parent
    return f"//{folder.relative_to(home).as_posix()}" if one.blend and folder.is_relative_to(home) else str(folder)


def _draw_picture(layout: UILayout, path: str) -> None:
    current = live.current()
    thumbnail = current.thumbnails.get(path) if current else None
    if thumbnail is not None and thumbnail.icon:
        layout.template_icon(icon_value=thumbnail.icon, scale=5.5)


def _draw_actions(layout: UILayout, one: Submission) -> None:
    column = layout.column(align=True)
    first = _FIRST_ACTION.get(one.state)
    if needs_word(one):
        first = ("farmhand.confirm", "PLAY")
    elif needs_key(one):
        first = ("farmhand.retry", "FILE_REFRESH")
    elif one.is_over and one.frames_suspect:
        first = ("farmhand.render_again", "FILE_REFRESH")
    elif one.is_over and one.name.endswith(iface_("scout")):
        first = ("farmhand.render_rest", "RENDER_ANIMATION")
    if first is not None:
        column.operator(first[0], icon=first[1])
    row = column.row(align=True)
    row.operator("farmhand.open_folder", text="Folder", icon="FILE_FOLDER")
    row.menu("FARMHAND_MT_import", icon="IMPORT")
    if not one.is_over:
        row.operator("farmhand.cancel", text="", icon="X")
    row.menu("FARMHAND_MT_job", text="", icon="DOWNARROW_HLT")


_FIRST_ACTION = {
    State.PAUSED: ("farmhand.resume", "PLAY"),
    State.STOPPED: ("farmhand.retry", "FILE_REFRESH"),
}


def _facts(shown: Row) -> tuple[str, str]:
    one = shown.submission
    server = iface_("This Computer") if one.server_url == LOCAL else urlsplit(one.server_url).hostname or one.server_url
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created))
    frames = iface_("1 frame") if shown.counts == "1" else iface_("{counts} frames").format(counts=shown.counts)
    parts = [shown.counts and frames]
    parts.append(iface_("{size} sent").format(size=size(one.upload_done)) if one.upload_done else "")
    return f"{server}  ·  {when}", "  ·  ".join(part for part in parts if part)


CLASSES = (FARMHAND_UL_jobs, FARMHAND_PT_jobs)
