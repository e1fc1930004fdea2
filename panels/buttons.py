"""Buttons, menus and labels whose texts are never cut: first the icon is left out, then the text is put above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..ui.text import draw_broken, draw_sentence, region_width, text_width
from .fields import EDGES, PADDING

BOX = 10
"""What a box takes of a panel's line, in pixels at UI scale 1, as all below."""
ICON = 20
WITH_ICON = 26
"""What a button with an icon takes beside its text; MENU_WITH_ICON: and a menu that stands on a row."""
MENU_WITH_ICON = 34
MENU = 40
"""What a menu with an icon takes beside the text of its value."""


def line_width(context: Context) -> float:
    """Width of a panel's line, in pixels at UI scale 1."""
    return region_width(context) - EDGES


def menu_width(context: Context, text: str) -> float:
    """The width that a menu with an icon needs for this value, in pixels at UI scale 1."""
    return text_width(context, text) + MENU


def draw_button(layout: UILayout, context: Context, operator: str, icon: str, text: str = "", inside: float = 0) -> Any:
    """Draw a button on its own line. Returns the operator's properties.

    Args:
        operator, icon: Blender's identifiers.
        text: as shown; "" for the operator's own.
        inside: the part of the line that surrounding layouts need, such as BOX.
    """
    whole = text or label(operator)
    shown_icon, shown = fitting(context, icon, button_room(context, inside), whole)
    if shown:
        return layout.operator(operator, text=shown, icon=shown_icon, translate=False)
    draw_sentence(layout, context, whole)
    return layout.operator(operator, text="", icon="TRIA_RIGHT" if icon == "NONE" else icon)


@dataclass(frozen=True, slots=True)
class Button:
    """One of several. text, short: as shown; "" for the operator's own, or for no shorter text."""

    operator: str
    icon: str
    text: str = ""
    short: str = ""


def draw_buttons(layout: UILayout, context: Context, *buttons: Button, inside: float = 0) -> list[Any]:
    """Draw buttons side by side if all their texts fit, else below each other. Returns their properties.

    Either all have their full texts, or all the short ones.
    """
    texts = [each.text or label(each.operator) for each in buttons]
    room = line_width(context) - inside
    if not are_beside(context, room, *texts):
        column = layout.column(align=True)
        if not all(are_beside(context, room, text) for text in texts):
            texts = [each.short or text for each, text in zip(buttons, texts, strict=True)]
        return [
            draw_button(column, context, each.operator, each.icon, text, inside)
            for each, text in zip(buttons, texts, strict=True)
        ]
    row, has_icons = layout.row(align=True), are_beside(context, room, *texts, around=WITH_ICON)
    return [
        row.operator(each.operator, text=text, icon=each.icon if has_icons else "NONE", translate=False)
        for each, text in zip(buttons, texts, strict=True)
    ]


def are_beside(context: Context, room: float, *texts: str, around: float = PADDING) -> bool:
    """Whether buttons fit on one line, which Blender divides evenly, however long their texts are.

    Args:
        room: of the line, in pixels at UI scale 1.
        texts: as shown.
        around: what each needs in addition to its text, such as WITH_ICON.
    """
    return max(text_width(context, text) for text in texts) + around <= room / len(texts)


def fitting(context: Context, icon: str, room: float, *texts: str) -> tuple[str, str]:
    """The icon and the first text that fit: the icon is left out first, but is shown alone if no text fits.

    room: for both, in pixels at UI scale 1.
    """
    for text in filter(None, texts):
        width = text_width(context, text)
        if width <= room:
            return icon if width + ICON <= room else "NONE", text
    return icon, ""


def draw_label(layout: UILayout, context: Context, text: str, icon: str, inside: float = 0) -> None:
    """Draw a label on its own line: if it is too long, first the icon is left out, then the text is broken.

    Args:
        text: as shown.
        inside: the part of the line that surrounding layouts need, such as BOX.
    """
    room = button_room(context, inside)
    shown_icon, shown = fitting(context, icon, room, text)
    if shown:
        layout.label(text=shown, icon=shown_icon, translate=False)
    else:
        draw_broken(layout, context, text, room)


def button_room(context: Context, inside: float = BOX) -> float:
    """The width for icon and text of a button on its own line, in pixels at UI scale 1."""
    return line_width(context) - inside - PADDING


def label(operator: str) -> str:
    """The name of an operator, as shown."""
    module, _, function = operator.partition(".")
    known = getattr(getattr(bpy.ops, module), function).get_rna_type()
    return str(iface_(known.name, known.translation_context))
