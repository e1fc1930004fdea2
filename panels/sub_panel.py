# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sub-panels of the main panel have in common."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context

from ..ui.text import letters, text_letters
from .main import FarmhandPanel

GAP = 2
"""Letters between the title of a sub-panel and its state."""


class SubPanel(FarmhandPanel):
    """A sub-panel whose header has its name at the left and its state, greyed, at the right."""

    bl_parent_id = "FARMHAND_PT_main"
    bl_options = {"DEFAULT_CLOSED", "HEADER_LAYOUT_EXPAND"}
    bl_label = ""
    title = ""

    def draw_header(self, context: Context) -> None:
        row = self.layout.row()
        row.label(text=self.title)
        state = row.row()
        state.alignment = "RIGHT"
        icon, text = self.state(context)
        state.active = icon != "NONE"
        has_room = text_letters(iface_(self.title)) + text_letters(text) + GAP <= letters(context)
        state.label(text=text if has_room else "", icon=icon, translate=False)  # the title is never cut
        state.separator(factor=0.4)  # Blender leaves none to the panel's edge

    def state(self, context: Context) -> tuple[str, str]:
        """Icon and text of the header's right side."""
        raise NotImplementedError
