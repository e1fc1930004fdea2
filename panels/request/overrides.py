"""Overrides: each value that a job may change, beside the scene's own value, and the button to reset them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ...scene.request import formats
from ...scene.request import scene_settings as scene_settings
from ...ui import other_computers
from ...ui import state as ui_state
from ...ui.jobs import frame_times
from ...ui.request.overrides import OVERRIDES, Override, as_config, chosen, differing, scene_value
from ...ui.servers import servers
from ...ui.servers.server_list import nodes_listing
from ...ui.text import draw_broken, letters, text_width
from ..buttons import draw_button, line_width
from ..fields import CHECK_BOX, Field, draw_check_box, name_part, named_row
from ..sub_panel import SubPanel

NOTHING = "NONE"
"""A scene's value of a codec that does nothing, or of a denoiser that its Blender does not have."""
WORTH_SPLITTING = 60.0
"""Seconds of a frame from which on it is offered to split it."""
AROUND_VALUE = 36
"""What a value has beside its letters, at the right end of a line."""
ROOMY = 44
"""Letters from which on a scene's own value stands beside its override; below it when there are fewer."""


class _Overrides(SubPanel):
    """is_advanced: which rows of the table it shows."""

    is_advanced = False
    unchanged = "Scene Settings"

    def state(self, context: Context) -> tuple[str, str]:
        ours = context.scene.farmhand
        if not chosen(ours):
            return "NONE", iface_(self.unchanged) if self.unchanged else ""
        config = scene_settings.read(context.scene, as_config(ours)).as_config()
        count = sum(one.is_advanced or not self.is_advanced for one in differing(ours, config))
        if not count:
            return "NONE", iface_(self.unchanged) if self.unchanged else ""
        return "NONE", iface_("1 Override") if count == 1 else iface_("{count} Overrides").format(count=count)

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        ours = context.scene.farmhand
        config = scene_settings.read(context.scene, as_config(ours)).as_config()
        column = layout.column()
        ours_now = {**config, **as_config(ours)}
        shown = [
            one for one in OVERRIDES if one.is_advanced == self.is_advanced and _is_offered(context, one, ours_now)
        ]
        names = [iface_(one.label) for one in shown] + ([] if self.is_advanced else [iface_("Color Config")])
        part = name_part(context, names)
        for one in shown:
            _draw_override(column, context, config, one, part)
        if not self.is_advanced:
            column.separator()
            row = named_row(column, context, iface_("Color Config"), part)
            row.use_property_split = False
            row.prop(ours, "color_management_preset", text="")
            if chosen(ours):
                column.separator()
                text = iface_("Reset All Overrides")
                draw_button(column, context, "farmhand.reset_override", "LOOP_BACK", text).name = ""


class FARMHAND_PT_overrides(_Overrides, Panel):
    title = "Overrides"
    short_title = "Values"


class FARMHAND_PT_advanced(_Overrides, Panel):
    title = "Advanced"
    bl_parent_id = "FARMHAND_PT_overrides"
    is_advanced = True
    unchanged = ""


def _is_offered(context: Context, one: Override, config: Mapping[str, Any]) -> bool:
    """Whether to show a row; an enabled one always, so that it can be disabled. config: as it would be submitted."""
    if not one.needs or getattr(context.scene.farmhand, one.switch):
        return True
    if one.needs == "slots" and (config.get("renderEngine") != "CYCLES" or _is_short(context, config)):
        return False  # only frames of Cycles are split
    if servers.scene_server(context).is_local:
        return other_computers.view().is_on
    found = nodes_listing(context).found
    return found.has_nodes if one.needs == "nodes" else found.slots > 1


def _is_short(context: Context, config: Mapping[str, Any]) -> bool:
    """Whether a frame is known to render too fast to be split among several computers."""
    session, scene = ui_state.current(), context.scene
    if session is None:
        return False
    times = (row.frame_time for row in session.snapshot.rows)
    url = servers.scene_server(context).url
    seconds = frame_times.expected(times, url, bpy.data.filepath, scene.name, frame_times.frame_work(config))
    return seconds is not None and seconds < WORTH_SPLITTING


def _draw_override(layout: UILayout, context: Context, config: Mapping[str, Any], one: Override, part: float) -> None:
    """A check box, and the field in its full width; the scene's own value beside it, or below in a narrow panel.

    part: of the line, for the label, from `name_part`.
    """
    ours = context.scene.farmhand
    value = scene_value(config, one)
    is_on = getattr(ours, one.switch)
    if value is None and not one.otherwise and not is_on:
        return
    text = iface_(one.otherwise) if value is None and one.otherwise else _value_text(ours, value, one)
    room = (1 - part) * line_width(context)
    if part:
        row = named_row(layout, context, iface_(one.label), part)
        row.use_property_split = False
        row.prop(ours, one.switch, text="")
        if not is_on:
            _draw_value(row, context, text, room - CHECK_BOX)
            return
    else:
        column = layout.column(align=True)
        line = column.row()
        draw_check_box(line, context, Field(ours, one.switch, one.label))
        if not is_on:  # the value is the scene's, which needs no line of its own
            if text_width(context, iface_(one.label)) + CHECK_BOX + text_width(context, text) + AROUND_VALUE <= room:
                _draw_value(line, context, text, room).alignment = "RIGHT"
            return
        row = column.row()
        row.use_property_split = False
    _draw_field(row, ours, one)
    is_roomy = letters(context) >= ROOMY
    if is_roomy:
        _draw_value(row, context, text, room).alignment = "RIGHT"
    row.operator("farmhand.reset_override", text="", icon="LOOP_BACK", emboss=False).name = one.name
    if text and not is_roomy:
        below = layout.split(factor=part) if part else layout
        if part:
            below.label()
        _draw_value(below, context, iface_("Scene: {value}").format(value=text), room)


def _draw_field(row: UILayout, ours: Any, one: Override) -> None:
    value = getattr(ours, one.name)
    if one.name == "resolution":
        fields = row.column(align=True)
        fields.prop(ours, one.name, index=0, text="X")
        fields.prop(ours, one.name, index=1, text="Y")
    elif isinstance(value, bool):
        row.prop(ours, one.name, text=_value_text(ours, value, one), toggle=True, translate=False)
    else:
        row.prop(ours, one.name, text="")


def _draw_value(layout: UILayout, context: Context, text: str, room: float) -> UILayout:
    shown = layout.row()
    shown.active = False
    shown.alignment = "LEFT"
    if text_width(context, text) <= room:
        shown.label(text=text, translate=False)
    else:
        draw_broken(shown, context, text, room)
    return shown


def _value_text(ours: Any, value: Any, one: Override) -> str:
    """A value as its menu shows it, if it has one."""
    if value is None:
        return ""
    if one.is_percentage:
        return f"{value}%"
    if isinstance(value, bool):
        return iface_("On") if value else iface_("Off")
    if isinstance(value, list | tuple):
        return " × ".join(str(part) for part in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    kind = ours.bl_rna.properties[one.name]
    if value == NOTHING:
        return iface_("None")
    item = kind.enum_items.get(value) if kind.type == "ENUM" else None
    return iface_(item.name) if item else formats.shown_name(str(value))


CLASSES = (FARMHAND_PT_overrides, FARMHAND_PT_advanced)
