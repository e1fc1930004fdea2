"""Jobs on the Server: all jobs of the scene's server, and actions for the selected one."""

from __future__ import annotations

import time

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout, UIList

from ...client.message import translated
from ...jobs.server_jobs import ServerJob
from ...ui import state as ui_state
from ...ui.guard import NoTraceback
from ...ui.jobs.job_row import server_look
from ...ui.jobs.job_words import age_text
from ...ui.servers import server_list, servers
from ...ui.servers.server_listing import ServerListing
from ...ui.text import draw_sentence, letters, text_width
from ..buttons import BOX, ICON, draw_button, line_width
from ..fields import PADDING
from ..sub_panel import SubPanel

ROWS = 5
"""Lines of the list: constant, so that what stands below keeps its place."""
WIDE = 50
"""Letters from which on a line has room for the status in words."""


class FARMHAND_UL_server_jobs(NoTraceback, UIList):
    """Draws one line"""

    def draw_item(self, context, layout, _data, item, _icon, _active, _property, index=0, _flag=0):
        session = ui_state.current()
        jobs = session.server_listing.jobs if session else ()
        if index < len(jobs) and jobs[index].id == item.name:
            _draw_line(layout, jobs[index], session.server_listing, letters(context) >= WIDE)

    def filter_items(self, _context, _data, _property):
        return [], []


class FARMHAND_PT_server_jobs(SubPanel, Panel):
    title = "Jobs on the Server"
    short_title = "Server"

    @classmethod
    def poll(cls, context: Context) -> bool:
        return not servers.scene_server(context).is_local

    def state(self, context: Context) -> tuple[str, str]:
        found = server_list.listing(context)
        return "NONE", str(found.total) if found.jobs else ""

    def draw(self, context: Context) -> None:
        layout, found = self.layout, server_list.listing(context)
        lines = context.window_manager.farmhand_server
        text, line = iface_("Refresh") if found.jobs else iface_("List Jobs"), line_width(context)
        is_row = text_width(context, text) + ICON + PADDING <= line / 2
        row = layout.row(align=True) if is_row else layout.column(align=True)
        row.prop(lines, "status", text="")
        draw_button(row, context, "farmhand.list_server_jobs", "FILE_REFRESH", text, line / 2 if is_row else 0)
        if found.problem:
            draw_sentence(layout, context, translated(found.problem, iface_), "ERROR")
        if not found.jobs:
            hint = layout.row()
            hint.active = False
            draw_sentence(hint, context, _hint(found))
            return
        layout.template_list(
            "FARMHAND_UL_server_jobs", "", lines, "jobs", lines, "active", rows=ROWS, maxrows=ROWS, sort_lock=True
        )
        if found.next_page:
            text = iface_("Show More ({count} of {total})").format(count=len(found.jobs), total=found.total)
            more = draw_button(layout, context, "farmhand.list_server_jobs", "TRIA_DOWN", text)
            more.more = True
        one = server_list.selected_job(context)
        if one is not None:
            _draw_selected(layout, context, one, found)


def _hint(found: ServerListing) -> str:
    if found.is_asking:
        return iface_("Loading…")
    if found.was_asked and not found.problem:
        return iface_("No matching jobs")
    return iface_("Jobs submitted elsewhere appear here")


def _draw_line(layout: UILayout, one: ServerJob, found: ServerListing, is_wide: bool) -> None:
    icon, word = server_look(one.status)
    row = layout.row(align=True)
    row.label(text="", icon=icon)
    row.label(text=one.title, translate=False)
    end = row.row()
    end.alignment = "RIGHT"
    parts = (iface_(word) if is_wide else "", one.frames, age_text(time.time() - one.created))
    end.label(text=" · ".join(part for part in parts if part), translate=False)
    end.label(text="", icon="BOOKMARKS" if one.id in found.known else "BLANK1")


def _draw_selected(layout: UILayout, context: Context, one: ServerJob, found: ServerListing) -> None:
    icon, word = server_look(one.status)
    box = layout.box()
    column = box.column(align=True)
    column.label(text=f"{one.title}:  {iface_(word)}", icon=icon, translate=False)
    submitted = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created))
    facts = (submitted, iface_("frames {frames}").format(frames=one.frames) if one.frames else "")
    column.label(text="  ·  ".join(fact for fact in facts if fact), icon="BLANK1", translate=False)
    column.label(text=one.id, icon="BLANK1", translate=False)
    is_known = one.id in found.known
    row = box.row(align=True)
    if is_known:
        draw_button(row.column(), context, "farmhand.show_server_job", "BOOKMARKS", inside=BOX + ICON)
    else:
        text = iface_("Download Frames") if one.is_over else iface_("Follow and Download")
        draw_button(row.column(), context, "farmhand.download_server_job", "IMPORT", text, inside=BOX + ICON)
    row.operator("farmhand.cancel_server_job", text="", icon="X")


CLASSES = (FARMHAND_UL_server_jobs, FARMHAND_PT_server_jobs)
