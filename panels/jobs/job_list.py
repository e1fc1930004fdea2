"""Jobs: the list of all renders, and what can be done with the selected one."""

from __future__ import annotations

import time
from pathlib import PurePath

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Menu, Panel, UILayout, UIList

from ...jobs.journal.submission import State
from ...ui import state as ui_state
from ...ui.guard import NoTraceback
from ...ui.jobs.job_list import file_of
from ...ui.jobs.job_row import Row, is_waiting_for_server
from ...ui.jobs.job_words import age_text
from ...ui.properties import selected_row
from ...ui.servers import servers
from ...ui.session import Session
from ...ui.text import letters, region_width, text_width
from ..sub_panel import SubPanel
from .selected_job import draw_selected

ROWS = 5
"""Lines of the list: constant, so that what stands below keeps its place."""
NARROW = 22
"""Letters below which a line of the list shows the name alone."""
AROUND = 110
"""What a line has beside its texts: icon, edges, and the menu at the right, in pixels at UI scale 1."""
SCROLL_BAR = 20
"""What the list's scroll bar takes, once there are more jobs than lines; in pixels as well."""
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
            _draw_line(row, context, session, shown)
        elif (file := file_of(item.name)) is not None:
            row = layout.row()
            row.active = False
            row.label(text=_file_text(PurePath(file)), icon="FILE_BLEND", translate=False)

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
            one, more = iface_("1 needs attention"), iface_("{count} need attention")
            return "ERROR", more.format(count=waiting) if waiting > 1 else one
        return "NONE", str(len(session.snapshot.rows))

    def draw(self, context: Context) -> None:
        layout = self.layout
        window = context.window_manager.farmhand
        row = layout.row()
        row.template_list("FARMHAND_UL_jobs", "", window, "jobs", window, "active", rows=ROWS, maxrows=ROWS)
        row.column(align=True).menu("FARMHAND_MT_jobs", text="", icon="DOWNARROW_HLT")
        session = ui_state.current()
        has_jobs = session is not None and bool(session.snapshot.rows)
        hint = iface_("No matching jobs") if has_jobs else iface_("Jobs appear here once you render")
        draw_selected(layout, context, selected_row(context), hint)


def _file_text(file: PurePath) -> str:
    """The name of a file and its folder, because other files may have the same name."""
    return f"{file.name}  ·  {file.parent.name}" if file.parent.name else file.name or iface_("Untitled")


def _draw_line(layout: UILayout, context: Context, session: Session, shown: Row) -> None:
    one, room = shown.submission, letters(context)
    is_wide = room >= WIDE
    row = layout.row(align=True)
    row.label(text="", icon=shown.icon)
    icon = session.thumbnails.icons.get(shown.picture, (0, 0))[0]
    if is_wide and icon:
        row.label(text="", icon_value=icon)
    row.label(text=one.name, translate=False)
    if room < NARROW:  # the name needs it
        return
    if is_wide:
        place = servers.host_name(one.server_url)
        row.label(text=f"{one.scene}  ·  {place}" if one.scene else place, translate=False)
    end = row.row()
    end.alignment = "RIGHT"
    end.label(text=_line_end(context, shown, is_wide), translate=False)


def _line_end(context: Context, shown: Row, is_wide: bool) -> str:
    """The right side: progress while it runs, else its frames and age, if the name leaves room for them."""
    one = shown.submission
    if one.state in (State.ACTIVE, State.QUEUED):
        left = iface_("{time} left").format(time=shown.left) if shown.left else ""
        is_stuck = is_waiting_for_server(one)
        word = iface_("Waiting") if is_stuck and not is_wide else iface_(shown.word)
        parts = [word, shown.counts, left]
        parts = parts if is_wide or is_stuck or not shown.counts else parts[1:]
    else:
        counts = shown.counts if one.state is not State.DONE else shown.frames or shown.counts
        if one.state is State.DONE and shown.frames and one.name.endswith(f" {shown.frames}"):
            counts = ""  # the name of a single image says it
        parts = [iface_(shown.word) if is_wide else "", counts, age_text(time.time() - one.created)]
    around = AROUND + (SCROLL_BAR if len(context.window_manager.farmhand.jobs) > ROWS else 0)
    room = region_width(context) - around - text_width(context, one.name)
    while not is_wide and parts and text_width(context, " · ".join(filter(None, parts))) > room:
        parts.pop()
    return " · ".join(filter(None, parts))


CLASSES = (FARMHAND_UL_jobs, FARMHAND_MT_jobs, FARMHAND_PT_jobs)
