# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-panels that say what is sent, from Frames to Colors. A closed one tells its state in its header."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, Scene

from ..client.errors import LocalProblem
from ..jobs.journal.submission import LOCAL
from ..ui.request import render_request, summary
from ..ui.servers import servers
from . import overrides
from .sub_panel import SubPanel


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
        column.prop(ours, "view_layer", icon="RENDERLAYERS", placeholder=iface_("All"))


def _scene_range(scene: Scene) -> str:
    step = f"x{scene.frame_step}" if scene.frame_step > 1 else ""
    return f"{scene.frame_start}-{scene.frame_end}{step}"


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


CLASSES = (FARMHAND_PT_frames, *overrides.CLASSES, FARMHAND_PT_output, FARMHAND_PT_surroundings)
