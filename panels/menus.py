# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries in Blender's Render menu, the menu of a job, and the right end of the status bar."""

from __future__ import annotations

import bpy
from bpy.types import Context, Header, Menu

from ..ui import state as ui_state
from ..ui.guard import NoTraceback, drawn
from .main import progress_text


class FARMHAND_MT_import(NoTraceback, Menu):
    bl_label = "Import"

    def draw(self, _context: Context) -> None:
        layout = self.layout
        layout.operator("farmhand.to_sequencer", icon="SEQUENCE")
        layout.operator("farmhand.to_image_editor", icon="IMAGE_DATA")
        layout.operator("farmhand.to_compositor", icon="NODE_COMPOSITING")
        layout.operator("farmhand.to_camera", icon="CAMERA_DATA")
        layout.separator()
        layout.operator("farmhand.compare", icon="IMAGE_RGB")


class FARMHAND_MT_job(NoTraceback, Menu):
    bl_label = "Job"

    def draw(self, _context: Context) -> None:
        layout = self.layout
        layout.operator("farmhand.pause", icon="PAUSE")
        layout.operator("farmhand.fetch_again", icon="IMPORT")
        layout.operator("farmhand.retry", icon="FILE_REFRESH")
        layout.separator()
        layout.operator("farmhand.render_rest", icon="RENDER_ANIMATION")
        again = layout.operator("farmhand.render_again", text="Render Missing or Suspect Again", icon="FILE_REFRESH")
        again.frames = "WRONG"
        layout.operator("farmhand.render_again", text="Render All Again", icon="FILE_REFRESH").frames = "ALL"
        layout.separator()
        layout.operator("farmhand.open_page", icon="URL")
        layout.operator("farmhand.copy_report", icon="COPYDOWN")
        layout.operator("farmhand.forget", icon="TRASH")


class FARMHAND_MT_farmhand(NoTraceback, Menu):
    """Everything, so that Blender's search finds it"""

    bl_label = "Farmhand"

    def draw(self, _context: Context) -> None:
        layout = self.layout
        layout.operator("farmhand.submit", text="Render Scout in Cloud", icon="VIEWZOOM").what = "SCOUT"
        layout.operator("farmhand.submit_all", icon="SCENE_DATA")
        layout.operator("farmhand.check", icon="VIEWZOOM")
        layout.separator()
        layout.operator("farmhand.open_folder", icon="FILE_FOLDER")
        layout.menu("FARMHAND_MT_import", icon="IMPORT")
        layout.operator("farmhand.resume", icon="PLAY")
        layout.operator("farmhand.confirm", icon="PLAY")
        layout.operator("farmhand.cancel", icon="X")
        FARMHAND_MT_job.draw(self, _context)
        layout.separator()
        layout.operator("farmhand.open_preferences", icon="PREFERENCES")


@drawn
def draw_render_menu(self: Menu, _context: Context) -> None:
    """In Render: the two buttons that an artist looks for there, and a menu with the rest."""
    layout = self.layout
    layout.separator()
    layout.operator("farmhand.submit", text="Render Animation in Cloud", icon="RENDER_ANIMATION").what = "ANIMATION"
    layout.operator("farmhand.submit", text="Render Frame in Cloud", icon="RENDER_STILL").what = "FRAME"
    layout.menu("FARMHAND_MT_farmhand")


@drawn
def draw_status(self: Header, _context: Context) -> None:
    """At the right end of the status bar: the job that goes on, and nothing when none does."""
    current = ui_state.current()
    if current is None:
        return
    for shown in current.snapshot.going[:1]:
        row = self.layout.row()
        row.ui_units_x = 12
        row.progress(factor=shown.factor, text=progress_text(shown))


def add() -> None:
    """Add our entries to Blender's menus."""
    bpy.types.TOPBAR_MT_render.append(draw_render_menu)
    bpy.types.STATUSBAR_HT_header.append(draw_status)


def remove() -> None:
    """Take them out again."""
    bpy.types.STATUSBAR_HT_header.remove(draw_status)
    bpy.types.TOPBAR_MT_render.remove(draw_render_menu)


CLASSES = (FARMHAND_MT_import, FARMHAND_MT_job, FARMHAND_MT_farmhand)
