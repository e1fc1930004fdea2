"""Checking before submitting: the dry run, and buttons to the settings and the preferences."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Area, Context, Operator

from ...client.message import translated
from ...ui import preferences
from ...ui import state as ui_state
from ...ui.jobs.progress import size
from ...ui.request import checks
from .. import common


class FARMHAND_OT_check(common.Guarded, Operator):
    """List every file that will be sent, why it is needed, and what is missing; nothing is uploaded"""

    bl_idname = "farmhand.check"
    bl_label = "Check Files"

    def run(self, context: Context) -> None:
        found = checks.check(context, "ANIMATION")
        remarks = (*found.sentences("error"), *found.sentences("warning"))
        if remarks:
            # The check itself worked, and an error's pop-up would hide the panel with the findings.
            self.report({"WARNING"}, translated(remarks[0], rpt_))
        else:
            self.report({"INFO"}, rpt_("No problems found; {size} to send").format(size=size(found.run.bytes)))


class FARMHAND_OT_open_preferences(common.Explained, common.Guarded, Operator):
    """Open Farmhand's account and server settings"""

    bl_idname = "farmhand.open_preferences"
    bl_label = "Preferences…"

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        return iface_("Preferences need a window") if bpy.app.background else ""

    def run(self, _context: Context) -> None:
        bpy.ops.preferences.addon_show(module=preferences.ROOT_PACKAGE)


class FARMHAND_OT_show_panel(common.Explained, common.Guarded, Operator):
    """Show Farmhand's panel in the Properties editor, in its Render tab"""

    bl_idname = "farmhand.show_panel"
    bl_label = "Go to Settings"

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return "" if _properties(context) else iface_("Open a Properties editor first")

    def run(self, context: Context) -> None:
        area = _properties(context)
        assert area is not None  # else `reason_against` says so
        space = area.spaces.active
        if hasattr(space, "show_properties_render"):  # since 5.0 a tab can be hidden
            space.show_properties_render = True
        space.context = "RENDER"
        area.tag_redraw()


def _properties(context: Context) -> Area | None:
    """The largest Properties editor that can show its Render tab, of this window if it has one."""
    windows = sorted(context.window_manager.windows, key=lambda window: window != context.window)
    for window in windows:
        areas = [area for area in window.screen.areas if area.type == "PROPERTIES"]
        free = [area for area in areas if not area.spaces.active.use_pin_id]
        if free:
            return max(free, key=lambda area: area.width * area.height)
    return None


class FARMHAND_OT_open_data_folder(common.Guarded, Operator):
    """Show the folder with jobs, logs and render data"""

    bl_idname = "farmhand.open_data_folder"
    bl_label = "Open Data Folder"

    def run(self, _context: Context) -> None:
        folder = ui_state.require().home.folder
        common.open_folder(folder)
        self.report({"INFO"}, rpt_("Farmhand's data is in {folder}").format(folder=folder))


CLASSES = (FARMHAND_OT_check, FARMHAND_OT_show_panel, FARMHAND_OT_open_preferences, FARMHAND_OT_open_data_folder)
