"""Fields with their names beside them, or above them if the panel is too narrow for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..ui.text import draw_broken, region_width, text_width

BLENDERS = 0.4
"""The part of a line that Blender gives to the name of a property."""
MOST = 0.5
"""The largest part that a name may take; a longer one stands above its field."""
EDGES = 36
"""What the panel's edges take of the region, in pixels at UI scale 1."""
PADDING = 10
"""What a label takes beside its letters."""
CHECK_BOX = 24
"""What a check box takes beside its name; BARE_BOX: one that stands alone."""
BARE_BOX = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A property. text: its label in English, "" for its own name. options: of `UILayout.prop`."""

    owner: Any
    name: str
    text: str = ""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def name_part(context: Context, names: Iterable[str]) -> float:
    """The part of a line that the longest of these names needs, at least 0.4; 0 if names are above their fields.

    names: as shown.
    """
    longest = max((text_width(context, name) for name in names), default=0.0) + PADDING
    part = longest / max(1.0, region_width(context) - EDGES)
    return 0.0 if part > MOST else max(BLENDERS, part)


def named_row(layout: UILayout, context: Context, name: str, part: float) -> UILayout:
    """The row for a field or a value, with its name. part: from `name_part`."""
    if not part:
        column = layout.column(align=True)
        draw_broken(column, context, name, region_width(context) - EDGES)
        return column.row()
    split = layout.split(factor=part)
    left = split.row()
    left.alignment = "RIGHT"
    left.label(text=name, translate=False)
    return split.row()


def draw_fields(layout: UILayout, context: Context, *fields: Field, beside: str = "") -> None:
    """Properties below each other, with their fields in one column.

    Args:
        fields: from top to bottom.
        beside: the longest name, as shown, of rows above or below them that are drawn with `named_row`.
    """
    labels = [_label(each) for each in fields]
    part = name_part(context, (*labels, beside))
    for each, label in zip(fields, labels, strict=True):
        if part == BLENDERS:
            layout.prop(each.owner, each.name, text=label, translate=False, **each.options)
        else:
            row = named_row(layout, context, label, part)
            row.use_property_split = False
            row.prop(each.owner, each.name, text="", **each.options)


def draw_check_box(layout: UILayout, context: Context, field: Field) -> None:
    """Draw a check box with its name, which is broken into lines if it does not fit on one."""
    label = _label(field)
    row = layout.row(align=True)
    row.use_property_split = False
    line = region_width(context) - EDGES
    if text_width(context, label) + CHECK_BOX <= line:
        row.prop(field.owner, field.name, text=label, translate=False)
        return
    row.prop(field.owner, field.name, text="")
    draw_broken(row, context, label, line - BARE_BOX)


def _label(field: Field) -> str:
    known = field.owner.bl_rna.properties[field.name]
    return iface_(field.text) if field.text else iface_(known.name, known.translation_context)
