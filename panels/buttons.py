# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons and menus whose texts are never cut: the icon goes first, then the text stands above."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..ui.text import draw_sentence, region_width, text_width
from .fields import EDGES, PADDING

BOX = 10
"""What a box takes of a panel's line, in pixels at UI scale 1, as all below."""
ICON = 20
MENU = 40
"""What a menu with an icon takes beside the text of its value."""


def line_width(context: Context) -> float:
    """Width of a panel's line, in pixels at UI scale 1."""
    return region_width(context) - EDGES


def menu_width(context: Context, text: str) -> float:
    """What a menu with an icon needs to show this value whole, in pixels at UI scale 1."""
    return text_width(context, text) + MENU


def draw_button(layout: UILayout, context: Context, operator: str, icon: str, text: str = "", inside: int = 0) -> Any:
    """A button that has a line for itself. Returns the operator's properties.

    Args:
        operator, icon: Blender's identifiers.
        text: as it is shown; "" for the operator's own.
        inside: what surrounds the layout takes of the line, such as BOX.
    """
    shown = text or label(operator)
    room = button_room(context, inside)
    width = text_width(context, shown)
    if width + ICON <= room:
        return layout.operator(operator, text=shown, icon=icon, translate=False)
    if width <= room:
        return layout.operator(operator, text=shown, translate=False)
    draw_sentence(layout, context, shown)
    return layout.operator(operator, text="", icon="TRIA_RIGHT" if icon == "NONE" else icon)


def button_room(context: Context, inside: int = BOX) -> float:
    """What the icon and the text of a button on a line of its own may take, in pixels at UI scale 1."""
    return line_width(context) - inside - PADDING


def label(operator: str) -> str:
    """The name of an operator, as it is shown."""
    module, _, function = operator.partition(".")
    known = getattr(getattr(bpy.ops, module), function).get_rna_type()
    return str(iface_(known.name, known.translation_context))
