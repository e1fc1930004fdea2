# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-panels that say what is sent, from Frames to Colors.  A closed one tells its state in its header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, Scene, UILayout

from ..client.errors import LocalProblem
from ..jobs.submission import LOCAL
from ..scene.request import scene_settings as scene_settings
from ..ui import render_request, servers, summary
from ..ui.overrides import OVERRIDES, Override, chosen, scene_value
from ..ui.text import letters, text_letters
from .main import FarmhandPanel

GAP = 2
"""Letters between the title of a sub-panel and its state."""
ROOMY = 44
"""Letters from which on a scene's own value stands beside its override."""


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


class FARMHAND_PT_frames(SubPanel, Panel):
    title = "Frames"

    def state(self, context: Context) -> tuple[str, str]:
        scene = context.scene
        return "NONE", scene.farmhand.frames if scene.farmhand.use_frames else _scene_range(scene)

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        scene, ours = context.scene, context.scene.farmhand
        range_ = layout.column(align=True)
        range_.prop(ours, "first_frame")
        range_.prop(ours, "last_frame")
        range_.prop(ours, "frame_step")
        row = layout.row(heading="Custom Range")
        row.prop(ours, "use_frames", text="")
        sub = row.row()
        sub.active = ours.use_frames
        if ours.use_frames:
            sub.prop(ours, "frames", text="")
        else:
            sub.label(text=_scene_range(scene), translate=False)
        try:
            text, icon = summary.count_text(len(render_request.frame_numbers(scene, "ANIMATION"))), "NONE"
        except LocalProblem:
            text, icon = iface_("Invalid"), "ERROR"  # why is said in the main panel
        count = layout.split(factor=0.4)  # below the field, as Blender splits properties
        count.label()
        count.label(text=text, icon=icon, translate=False)
        column = layout.column()
        column.prop(ours, "job_name")
        column.prop(ours, "camera")
        column.prop_search(ours, "view_layer", scene, "view_layers", icon="RENDERLAYERS")


def _scene_range(scene: Scene) -> str:
    step = f"x{scene.frame_step}" if scene.frame_step > 1 else ""
    return f"{scene.frame_start}-{scene.frame_end}{step}"


class FARMHAND_PT_overrides(SubPanel, Panel):
    title = "Overrides"

    def state(self, context: Context) -> tuple[str, str]:
        count = len(chosen(context.scene.farmhand))
        if not count:
            return "NONE", iface_("Scene Settings")
        return "NONE", iface_("1 Override") if count == 1 else iface_("{count} Overrides").format(count=count)

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        config = scene_settings.read(context.scene).as_config()
        column = layout.column()
        for one in OVERRIDES:
            _draw_override(column, context, config, one)
        column.separator()
        column.prop(context.scene.farmhand, "color_management_preset", text="Color Config")


def _draw_override(layout: UILayout, context: Context, config: Mapping[str, Any], one: Override) -> None:
    """A check box, and the field in its full width; where there is room, the scene's own value beside it."""
    ours = context.scene.farmhand
    value = scene_value(config, one)
    is_on = getattr(ours, one.switch)
    if value is None and not is_on:
        return
    row = layout.row(heading=one.label)
    row.prop(ours, one.switch, text="")
    if is_on and one.name == "resolution":
        fields = row.column(align=True)
        fields.prop(ours, one.name, index=0, text="X")
        fields.prop(ours, one.name, index=1, text="Y")
    elif is_on:
        row.prop(ours, one.name, text="")
    if is_on and letters(context) < ROOMY:
        return
    sub = row.row()
    sub.active = False
    sub.alignment = "RIGHT" if is_on else "LEFT"
    sub.label(text=value_text(value, one.is_percentage), translate=False)


def value_text(value: Any, is_percentage: bool) -> str:
    """A scene's value as it stands greyed beside its override."""
    if value is None:
        return ""
    if is_percentage:
        return f"{value}%"
    if isinstance(value, bool):
        return iface_("On") if value else iface_("Off")
    if isinstance(value, (list, tuple)):
        return " × ".join(str(part) for part in value)
    return summary.shown_name(str(value))


class FARMHAND_PT_output(SubPanel, Panel):
    title = "Output"

    def state(self, context: Context) -> tuple[str, str]:
        if context.scene.farmhand.output_place == "BLENDER":
            return "NONE", iface_("Scene")
        return "NONE", summary.output_text(context.scene)

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        ours = context.scene.farmhand
        layout.prop(ours, "output_place")
        if ours.output_place == "BLENDER":
            layout.prop(context.scene.render, "filepath", text="Scene Output")
        else:
            layout.prop(ours, "output_folder" if ours.output_place == "FOLDER" else "job_folder")
        layout.prop(ours, "existing")
        layout.prop(ours, "arriving", text="New Frames")


class FARMHAND_PT_surroundings(SubPanel, Panel):
    title = "Add-ons and Colors"

    def state(self, context: Context) -> tuple[str, str]:
        is_local = servers.scene_server(context).url == LOCAL
        if is_local and context.window_manager.farmhand.allow_add_ons:
            return "ERROR", iface_("Scripts run")
        return "NONE", iface_("Color config packed") if context.scene.farmhand.pack_color_config else ""

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        row = layout.row()
        row.enabled = servers.scene_server(context).url == LOCAL and bool(bpy.data.filepath)
        row.prop(context.window_manager.farmhand, "allow_add_ons")
        layout.prop(context.scene.farmhand, "pack_color_config")


CLASSES = (FARMHAND_PT_frames, FARMHAND_PT_overrides, FARMHAND_PT_output, FARMHAND_PT_surroundings)
