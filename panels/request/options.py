"""The sub-panels for what is sent, from Frames to Colors. A closed one shows its state in its header."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, Scene

from ...client.errors import LocalProblem
from ...jobs.journal.submission import LOCAL
from ...ui.request import render_request, summary
from ...ui.servers import servers
from ..fields import Field, draw_check_box, draw_fields, name_part, named_row
from ..sub_panel import SubPanel
from . import overrides


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
        name = iface_("Custom Range")
        range_ = (Field(ours, name) for name in ("first_frame", "last_frame", "frame_step"))
        draw_fields(layout.column(align=True), context, *range_, beside=name)
        part = name_part(context, (name,))
        row = named_row(layout, context, name, part)
        row.use_property_split = False
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
            text, icon = iface_("Invalid"), "ERROR"  # the main panel says why
        count = layout.split(factor=part) if part else layout  # below the field
        if part:
            count.label()
        count.label(text=text, icon=icon, translate=False)
        layer = Field(ours, "view_layer", options={"icon": "RENDERLAYERS", "placeholder": iface_("All")})
        job = Field(ours, "job_name", options={"placeholder": render_request.job_name(scene, "ANIMATION")})
        camera = Field(ours, "camera", options={"placeholder": iface_("Scene Camera")})
        draw_fields(layout.column(), context, job, camera, layer, beside=name)


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
        if ours.output_place == "BLENDER":
            folder = Field(context.scene.render, "filepath", "Scene Output")
        else:
            folder = Field(ours, "output_folder" if ours.output_place == "FOLDER" else "job_folder")
        rest = Field(ours, "existing"), Field(ours, "arriving", "New Frames")
        draw_fields(layout, context, Field(ours, "output_place"), folder, *rest)


class FARMHAND_PT_surroundings(SubPanel, Panel):
    title = "Add-ons and Colors"
    short_title = "Add-ons"

    def state(self, context: Context) -> tuple[str, str]:
        is_local = servers.scene_server(context).url == LOCAL
        if is_local and context.window_manager.farmhand.allow_add_ons:
            return "ERROR", iface_("Scripts run")
        return "NONE", iface_("Color config packed") if context.scene.farmhand.pack_color_config else ""

    def draw(self, context: Context) -> None:
        layout = self.layout
        row = layout.row()
        row.enabled = servers.scene_server(context).url == LOCAL and bool(bpy.data.filepath)
        draw_check_box(row, context, Field(context.window_manager.farmhand, "allow_add_ons"))
        draw_check_box(layout, context, Field(context.scene.farmhand, "pack_color_config"))


CLASSES = (FARMHAND_PT_frames, *overrides.CLASSES, FARMHAND_PT_output, FARMHAND_PT_surroundings)
