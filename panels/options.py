# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-panels that say what is sent, from Frames to Colors.  A closed one tells its state in its header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ..client.errors import LocalProblem
from ..jobs.submission import LOCAL
from ..scene.request import scene_settings as scene_settings
from ..ui import render_request
from ..ui.overrides import OVERRIDES, Override, chosen, scene_value
from .main import FarmhandPanel


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
        state.label(text=text, icon=icon, translate=False)
        state.separator(factor=0.4)  # Blender leaves none to the panel's edge

    def state(self, context: Context) -> tuple[str, str]:
        """Icon and text of the header's right side."""
        raise NotImplementedError


class FARMHAND_PT_frames(SubPanel, Panel):
    title = "Frames"

    def state(self, context: Context) -> tuple[str, str]:
        scene = context.scene
        if scene.farmhand.use_frames:
            return "NONE", scene.farmhand.frames
        step = f"x{scene.frame_step}" if scene.frame_step > 1 else ""
        return "NONE", f"{scene.frame_start}-{scene.frame_end}{step}"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        scene = context.scene
        row = layout.row(heading="Other Frames")
        row.prop(scene.farmhand, "use_frames", text="")
        sub = row.row()
        sub.active = scene.farmhand.use_frames
        sub.prop(scene.farmhand, "frames", text="")
        try:
            text, icon = render_request.count_text(len(render_request.frames(scene))), "NONE"
        except LocalProblem as problem:
            text, icon = problem.what, "ERROR"
        count = layout.split(factor=0.4)  # below the field, as Blender splits properties
        count.label()
        count.label(text=text, icon=icon, translate=False)
        column = layout.column()
        column.prop(scene.farmhand, "camera")
        column.prop_search(scene.farmhand, "view_layer", scene, "view_layers", icon="RENDERLAYERS")


class FARMHAND_PT_overrides(SubPanel, Panel):
    title = "Overrides"

    def state(self, context: Context) -> tuple[str, str]:
        count = len(chosen(context.scene.farmhand))
        return "NONE", iface_("{count} changed").format(count=count) if count else iface_("As in the scene")

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        config = scene_settings.read(context.scene).as_config()
        column = layout.column()
        for one in OVERRIDES:
            _draw_override(column, context.scene.farmhand, config, one)
        column.separator()
        column.prop(context.scene.farmhand, "color_management_preset")


def _draw_override(layout: UILayout, ours: Any, config: Mapping[str, Any], one: Override) -> None:
    value = scene_value(config, one)
    is_on = getattr(ours, one.switch)
    if value is None and not is_on:
        return
    row = layout.row(heading=one.label)
    row.prop(ours, one.switch, text="")
    if is_on:
        row.prop(ours, one.name, text="")
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
    return render_request.shown_name(str(value))


class FARMHAND_PT_output(SubPanel, Panel):
    title = "Output"

    def state(self, context: Context) -> tuple[str, str]:
        if context.scene.farmhand.output_place == "BLENDER":
            return "NONE", iface_("As Blender would write")
        return "NONE", render_request.output_text(context.scene)

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        ours = context.scene.farmhand
        layout.prop(ours, "output_place")
        if ours.output_place == "BLENDER":
            layout.prop(context.scene.render, "filepath", text="Scene's Path")
        else:
            layout.prop(ours, "output_folder" if ours.output_place == "FOLDER" else "job_folder")
        layout.prop(ours, "existing")
        layout.prop(ours, "arriving")


class FARMHAND_PT_surroundings(SubPanel, Panel):
    title = "Add-ons and Colors"

    def state(self, context: Context) -> tuple[str, str]:
        is_local = render_request.server(context).url == LOCAL
        if is_local and context.window_manager.farmhand.allow_add_ons:
            return "ERROR", iface_("Scripts run")
        return "NONE", iface_("Color config packed") if context.scene.farmhand.pack_color_config else ""

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        row = layout.row()
        row.enabled = render_request.server(context).url == LOCAL and bool(bpy.data.filepath)
        row.prop(context.window_manager.farmhand, "allow_add_ons")
        layout.prop(context.scene.farmhand, "pack_color_config")


CLASSES = (FARMHAND_PT_frames, FARMHAND_PT_overrides, FARMHAND_PT_output, FARMHAND_PT_surroundings)
