"""What the sub-panels of the main panel have in common."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context

from ..translations import OWN
from ..ui.text import region_width, text_width
from .main import FarmhandPanel

EDGES = 58
"""What the arrow and the edges take of a sub-panel's header, in pixels at UI scale 1."""
LABEL = 25
"""What Blender takes a label in a header to need beside its letters; where there is less, it shrinks all in proportion.
"""
LEAST = 6
"""What a label needs beside its letters so that none is cut."""
ICON = 26
"""A label with an icon alone, and what it leaves to the next one."""


class SubPanel(FarmhandPanel):
    """A sub-panel whose header has its name at the left and its state, greyed, at the right.

    title: English. short_title: where there is no room for the title.
    """

    bl_parent_id = "FARMHAND_PT_main"
    bl_options = {"DEFAULT_CLOSED", "HEADER_LAYOUT_EXPAND"}
    bl_label = ""
    title = ""
    short_title = ""

    def draw_header(self, context: Context) -> None:
        icon, text = self.state(context)
        title, shown, has_icon = header_texts(context, (self.title, self.short_title or self.title), icon, text)
        row = self.layout.row()
        row.label(text=title, translate=False)
        if shown or has_icon:
            state = row.row()
            state.alignment = "RIGHT"
            state.active = icon != "NONE"
            if has_icon:  # separately: a label with an icon would end further left than one without
                state.label(text="", icon=icon)
            if shown:
                state.label(text=shown, translate=False)
            state.separator(factor=0.4)  # Blender has no margin to the panel's edge

    def state(self, context: Context) -> tuple[str, str]:
        """Icon and text of the header's right side."""
        raise NotImplementedError


def header_texts(context: Context, titles: tuple[str, str], icon: str, text: str) -> tuple[str, str, bool]:
    """What fits in a header: its title, its state's text, and whether the state's icon.

    The title is never cut: first the state's text is left out, then its icon, then the short title is used.

    Args:
        titles: the long and the short one, both in English.
        icon: of the state, Blender's identifier; NONE for none.
        text: of the state, as shown; "" for none.
    """
    room = region_width(context) - EDGES
    title = iface_(titles[0])
    if text_width(context, title) > room:
        return iface_(titles[1], OWN), "", False
    icon_width = 0 if icon == "NONE" else ICON
    if _have_room(room - icon_width, text_width(context, title), text_width(context, text)):
        return title, text, bool(icon_width)
    return title, "", bool(icon_width) and text_width(context, title) + LABEL + icon_width <= room


def _have_room(room: float, *widths: float) -> bool:
    whole = sum(width + LABEL for width in widths)
    return all(room * (width + LABEL) / whole >= width + LEAST for width in widths)
