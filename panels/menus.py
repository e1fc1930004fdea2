"""Entries in Blender's Render menu, the row on top of Render properties, and the right end of the status bar."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Header, Menu, Panel, UILayout

from ..ui import state as ui_state
from ..ui.guard import NoTraceback, drawn
from ..ui.jobs.job_row import waits_to_start
from ..ui.jobs.job_words import progress_text
from ..ui.news import attention_sentence, missing_remedy
from ..ui.properties import selected_row
from ..ui.servers import servers
from .result import draw_state

BESIDE = 40
"""What the two buttons beside the state take of its line, in pixels at UI scale 1."""
SHOWN_LETTERS = 48
"""Of a warning, in the status bar."""


class FARMHAND_MT_import(NoTraceback, Menu):
    bl_label = "Import"

    def draw(self, _context: Context) -> None:
        layout = self.layout
        layout.operator("farmhand.to_sequencer", icon="SEQUENCE")
        layout.operator("farmhand.show_strip", icon="BLANK1")
        layout.operator("farmhand.to_video", icon="FILE_MOVIE")
        layout.operator("farmhand.to_image_editor", icon="IMAGE_DATA")
        layout.operator("farmhand.to_compositor", icon="NODE_COMPOSITING")
        layout.operator("farmhand.to_camera", icon="CAMERA_DATA")
        layout.separator()
        layout.operator("farmhand.compare", icon="IMAGE_RGB")


class FARMHAND_MT_job(NoTraceback, Menu):
    """Everything that can be done with the selected job"""

    bl_label = "Job"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.operator("farmhand.play", icon="PLAY")
        layout.operator("farmhand.open_folder", icon="FILE_FOLDER")
        layout.menu("FARMHAND_MT_import", icon="IMPORT")
        layout.operator("farmhand.compare", icon="IMAGE_RGB")
        layout.operator("farmhand.rename", icon="GREASEPENCIL")
        layout.separator()
        layout.operator("farmhand.cancel", icon="X")
        layout.operator("farmhand.pause", icon="PAUSE")
        layout.operator("farmhand.resume", icon="PLAY")
        layout.operator("farmhand.retry", icon="FILE_REFRESH")
        row = selected_row(context)
        if row is not None and waits_to_start(row.current):
            layout.operator("farmhand.start_render", icon="PLAY")
            layout.operator("farmhand.use_current_settings", icon="FILE_REFRESH")
            layout.operator("farmhand.discard", icon="TRASH")
        else:
            layout.operator("farmhand.confirm", icon="PLAY")
        layout.separator()
        layout.operator("farmhand.render_rest", icon="RENDER_ANIMATION")
        missing = layout.row()
        missing.enabled = row is not None and missing_remedy(row) is not None
        text = "Re-render Missing or Faulty Frames"
        missing.operator("farmhand.render_again", text=text, icon="FILE_REFRESH").frames = "WRONG"
        layout.operator("farmhand.render_again", text="Render All Frames Again", icon="FILE_REFRESH").frames = "ALL"
        layout.operator("farmhand.fetch_again", icon="IMPORT")
        layout.separator()
        layout.operator("farmhand.open_page", icon="URL")
        layout.operator("farmhand.copy_report", icon="COPYDOWN")
        layout.operator("farmhand.forget", icon="TRASH")


class FARMHAND_MT_farmhand(NoTraceback, Menu):
    """Everything, so that Blender's search finds it"""

    bl_label = "Farmhand"

    def draw(self, context: Context) -> None:
        layout = self.layout
        _draw_entries(layout, context)
        layout.operator("farmhand.submit", text="Render Test Frames", icon="RENDER_RESULT").what = "TEST"
        layout.operator("farmhand.submit_all", icon="SCENE_DATA")
        layout.operator("farmhand.check", icon="CHECKMARK")
        layout.separator()
        row = selected_row(context)
        if row is not None:
            text = iface_("Job: {name}").format(name=row.submission.name)
            layout.menu("FARMHAND_MT_job", text=text, translate=False)
        layout.operator("farmhand.cancel_selected", icon="X")
        layout.operator("farmhand.retry_failed", icon="FILE_REFRESH")
        layout.operator("farmhand.clear_finished", icon="TRASH")
        layout.separator()
        layout.operator("farmhand.show_panel", text="Settings: Properties > Render > Farmhand", icon="PROPERTIES")
        layout.operator("farmhand.open_preferences", icon="PREFERENCES")


@drawn
def draw_render_menu(self: Menu, context: Context) -> None:
    """In Render: the two entries that an artist looks for there, and a menu with the rest."""
    self.layout.separator()
    _draw_entries(self.layout, context)
    self.layout.menu("FARMHAND_MT_farmhand")


def _draw_entries(layout: UILayout, context: Context) -> None:
    server = servers.scene_server(context)
    for what, icon in (("ANIMATION", "RENDER_ANIMATION"), ("FRAME", "RENDER_STILL")):
        text = servers.entry_text(server, what == "ANIMATION")
        layout.operator("farmhand.submit", text=text, icon=icon, translate=False).what = what


@drawn
def draw_compact(self: Panel, context: Context) -> None:
    """At the top of Render properties: the main button and the state, visible without scrolling to the panel."""
    session = ui_state.current()
    if session is None:
        return
    column = self.layout.column(align=True)
    text = servers.button_text(servers.scene_server(context))
    column.operator("farmhand.submit", text=text, icon="RENDER_ANIMATION", translate=False).what = "ANIMATION"
    row = column.row(align=True)
    draw_state(row, context, session, taken=BESIDE)
    if not session.snapshot.packing and not session.snapshot.going:  # else the X would take its place
        row.operator("farmhand.play", text="", icon="PLAY")
    row.menu("FARMHAND_MT_farmhand", text="", icon="DOWNARROW_HLT")


@drawn
def draw_status(self: Header, _context: Context) -> None:
    """At the right end of the status bar: the running job, else one that needs the user."""
    session = ui_state.current()
    if session is None:
        return
    for shown in session.snapshot.going[:1]:
        row = self.layout.row()
        row.ui_units_x = 12
        row.progress(factor=shown.factor, text=progress_text(shown))
        return
    for shown in session.snapshot.waiting[:1]:
        text = f"{shown.submission.name}: {attention_sentence(shown.current)}"
        short = text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 1] + "…"
        self.layout.label(text=short, icon="ERROR", translate=False)


def add() -> None:
    """Add our entries to Blender's menus."""
    bpy.types.TOPBAR_MT_render.append(draw_render_menu)
    bpy.types.STATUSBAR_HT_header.append(draw_status)
    if hasattr(bpy.types, "RENDER_PT_context"):  # an application template or another add-on may have taken it away
        bpy.types.RENDER_PT_context.append(draw_compact)


def remove() -> None:
    """Remove them again."""
    if hasattr(bpy.types, "RENDER_PT_context"):  # another add-on may have taken it away
        bpy.types.RENDER_PT_context.remove(draw_compact)
    bpy.types.STATUSBAR_HT_header.remove(draw_status)
    bpy.types.TOPBAR_MT_render.remove(draw_render_menu)


CLASSES = (FARMHAND_MT_import, FARMHAND_MT_job, FARMHAND_MT_farmhand)
