"""Buttons, menus and labels whose texts are never cut: the icon goes first, then the text stands above."""

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
    """What a menu with an icon needs to show this value whole, in pixels at UI scale 1."""
    return text_width(context, text) + MENU


def draw_button(layout: UILayout, context: Context, operator: str, icon: str, text: str = "", inside: float = 0) -> Any:
    """A button that has a line for itself. Returns the operator's properties.

    Args:
        operator, icon: Blender's identifiers.
        text: as it is shown; "" for the operator's own.
        inside: what surrounds the layout takes of the line, such as BOX.
    """
    whole = text or label(operator)
    shown_icon, shown = fitting(context, icon, button_room(context, inside), whole)
    if shown:
        return layout.operator(operator, text=shown, icon=shown_icon, translate=False)
    draw_sentence(layout, context, whole)
    return layout.operator(operator, text="", icon="TRIA_RIGHT" if icon == "NONE" else icon)


@dataclass(frozen=True, slots=True)
class Button:
    """One of several. text, short: as they are shown; "" for the operator's own, and for no shorter text."""

    operator: str
    icon: str
    text: str = ""
    short: str = ""


def draw_buttons(layout: UILayout, context: Context, *buttons: Button, inside: float = 0) -> list[Any]:
    """Buttons beside each other where all their texts have room, else below each other. Returns their properties.

    Either all have their whole texts or all the shorter ones.
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
    """Whether buttons have room on one line, which Blender shares evenly, however long their texts are.

    Args:
        room: of the line, in pixels at UI scale 1.
        texts: as they are shown.
        around: what each has beside its text, such as WITH_ICON.
    """
    return max(text_width(context, text) for text in texts) + around <= room / len(texts)


def fitting(context: Context, icon: str, room: float, *texts: str) -> tuple[str, str]:
    """The icon and the first text that fit: the icon goes before the text does, and is alone when no text fits.

    room: for both, in pixels at UI scale 1.
    """
    for text in filter(None, texts):
        width = text_width(context, text)
        if width <= room:
            return icon if width + ICON <= room else "NONE", text
    return icon, ""


def draw_label(layout: UILayout, context: Context, text: str, icon: str, inside: float = 0) -> None:
    """A label that has a line for itself: the icon goes first, then the text is broken.

    Args:
        text: as it is shown.
        inside: what surrounds the layout takes of the line, such as BOX.
    """
    room = button_room(context, inside)
    shown_icon, shown = fitting(context, icon, room, text)
    if shown:
        layout.label(text=shown, icon=shown_icon, translate=False)
    else:
        draw_broken(layout, context, text, room)


def button_room(context: Context, inside: float = BOX) -> float:
    """What the icon and the text of a button on a line of its own may take, in pixels at UI scale 1."""
    return line_width(context) - inside - PADDING


def label(operator: str) -> str:
    """The name of an operator, as it is shown."""
    module, _, function = operator.partition(".")
    known = getattr(getattr(bpy.ops, module), function).get_rna_type()
    return str(iface_(known.name, known.translation_context))
