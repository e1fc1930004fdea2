# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Scene remembers (job options) and what the WindowManager holds (selection and filters).  Never a secret."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    IntVectorProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import Context, Object, PropertyGroup

from .. import translations
from ..scene.request import scene_settings as scene_settings
from . import state as ui_state
from .job_row import Row
from .overrides import OVERRIDES, Override, scene_value
from .preferences import SERVER_ITEMS

ENGINE_ITEMS = (
    ("CYCLES", "Cycles", "Path tracer"),
    ("BLENDER_EEVEE", "EEVEE", "Real-time engine, needs a graphics card where it renders"),
    ("BLENDER_WORKBENCH", "Workbench", "Solid view, for previews"),
)
FORMAT_ITEMS = (
    ("PNG", "PNG", "Lossless, 8 or 16 bits"),
    ("OPEN_EXR", "OpenEXR", "High dynamic range, for compositing"),
    ("OPEN_EXR_MULTILAYER", "OpenEXR MultiLayer", "All passes in one file, for compositing"),
    ("JPEG", "JPEG", "Small, with losses"),
    ("TIFF", "TIFF", "Lossless, 8 or 16 bits"),
    ("WEBP", "WebP", "Small"),
)
COLOR_ITEMS = (
    ("BW", "BW", "Grayscale"),
    ("RGB", "RGB", "Without transparency"),
    ("RGBA", "RGBA", "With transparency"),
)
DEPTH_ITEMS = (
    ("8", "8 Bits", "Per channel"),
    ("16", "16 Bits", "Per channel; half float in OpenEXR"),
    ("32", "32 Bits", "Per channel; full float in OpenEXR"),
)
CODEC_ITEMS = (
    ("NONE", "None", "No compression"),
    ("ZIP", "ZIP", "Lossless"),
    ("PIZ", "PIZ", "Lossless, good for grainy images"),
    ("DWAA", "DWAA", "Small, with losses"),
    ("DWAB", "DWAB", "Smaller, with losses"),
)
_BESIDE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""What a path that may begin with // has to say of itself since Blender 4.5."""


def _take_scene_value(one: Override):
    """An override that is switched on starts from what the scene says."""

    def update(self: FarmhandSceneSettings, context: Context) -> None:
        if not getattr(self, one.switch):
            return
        value = scene_value(scene_settings.read(self.id_data).as_config(), one)
        try:
            if value is not None:
                setattr(self, one.name, value)
        except TypeError:
            return  # the scene uses something that has no entry in our list

    return update


def _switch(name: str):
    one = next(one for one in OVERRIDES if one.name == name)
    return BoolProperty(
        name=one.label,
        description="Send another value than the scene's own",
        update=_take_scene_value(one),
    )


def _is_camera(_self: PropertyGroup, thing: Object) -> bool:
    return thing.type == "CAMERA"


class FarmhandLeftOut(PropertyGroup):
    """A missing file that this scene is rendered without; its name is the path"""


class FarmhandSceneSettings(PropertyGroup):
    """What this scene's *Render in Cloud* sends"""

    server: EnumProperty(name="Server", description="Where to render", items=SERVER_ITEMS, default="LOCAL")
    preset: StringProperty(name="Preset", description="The preset that these settings were taken from")
    preset_values: StringProperty(options={"HIDDEN"})  # what it said, to notice later changes

    use_frames: BoolProperty(name="Frames", description="Render other frames than the scene's own range", default=False)
    frames: StringProperty(
        name="Frames", description="Frames to render, for example 1-250, 7 or 1-100x5", default="1-250"
    )
    camera: PointerProperty(
        name="Camera", description="Render with this camera instead of the scene's", type=Object, poll=_is_camera
    )
    view_layer: StringProperty(
        name="View Layer", description="Render this view layer alone", translation_context=translations.OWN
    )

    use_render_engine: _switch("render_engine")
    render_engine: EnumProperty(name="Render Engine", description="Engine to render with", items=ENGINE_ITEMS)
    use_sample_count: _switch("sample_count")
    sample_count: IntProperty(name="Samples", description="Samples for every pixel", default=64, min=1, soft_max=4096)
    use_denoising_enabled: _switch("denoising_enabled")
    denoising_enabled: BoolProperty(name="Denoise", description="Remove noise from the finished frame", default=True)
    use_resolution: _switch("resolution")
    resolution: IntVectorProperty(
        name="Resolution", description="Width and height in pixels", size=2, default=(1920, 1080), min=4, max=65536
    )
    use_resolution_percentage: _switch("resolution_percentage")
    resolution_percentage: IntProperty(
        name="Resolution Scale",
        description="Percentage of the resolution to render",
        default=100,
        min=1,
        max=32767,
        soft_max=100,
        subtype="PERCENTAGE",
    )
    use_output_format: _switch("output_format")
    output_format: EnumProperty(name="File Format", description="Format of the frames", items=FORMAT_ITEMS)
    use_color_mode: _switch("color_mode")
    color_mode: EnumProperty(name="Color", description="Channels of the frames", items=COLOR_ITEMS, default="RGBA")
    use_color_depth: _switch("color_depth")
    color_depth: EnumProperty(name="Color Depth", description="Bits of each channel", items=DEPTH_ITEMS)
    use_exr_codec: _switch("exr_codec")
    exr_codec: EnumProperty(
        name="EXR Codec", description="Compression of OpenEXR files", items=CODEC_ITEMS, default="ZIP"
    )
    use_compression: _switch("compression")
    compression: IntProperty(
        name="Compression",
        description="How hard to compress PNG files: smaller files, more time",
        default=15,
        min=0,
        max=100,
        subtype="PERCENTAGE",
    )
    use_quality: _switch("quality")
    quality: IntProperty(
        name="Quality",
        description="Quality of JPEG and WebP files",
        default=90,
        min=0,
        max=100,
        subtype="PERCENTAGE",
    )
    color_management_preset: EnumProperty(
        name="Color Management",
        description="Color management that the service renders with",
        items=(
            ("default", "As in the File", "Blender's own color management"),
            ("aces", "ACES", "The service's ACES configuration"),
        ),
    )

    left_out: CollectionProperty(type=FarmhandLeftOut)

    output_place: EnumProperty(
        name="Frames Go To",
        description="Where finished frames are written",
        items=(
            ("BLENDER", "As Blender Would Write", "To the scene's own output path"),
            ("FOLDER", "Other Folder", "To a folder of your choice"),
            ("JOB", "Folder for Each Job", "To a folder of its own for each job, with a name of your pattern"),
        ),
    )
    output_folder: StringProperty(
        name="Folder",
        description="Folder for finished frames",
        subtype="DIR_PATH",
        options=_BESIDE,
        default="//render/",
    )
    job_folder: StringProperty(
        name="Folder",
        description=(
            "Folder of each job. Filled in: {blend_name}, {scene_name}, {camera_name}, {date}, {time}, "
            "and {number} for the first that is free"
        ),
        subtype="DIR_PATH",
        options=_BESIDE,
        default="//render/{blend_name}_v{number}/",
    )
    pack_color_config: BoolProperty(
        name="Pack Color Config",
        description="Send the OpenColorIO config in use along; Farmhand's own farms render with it",
        default=False,
    )
    existing: EnumProperty(
        name="Existing Files",
        description="What to do with files that are there already",
        items=(
            ("ask", "Ask", "Ask before the render starts"),
            ("keep", "Keep Both", "New frames get another name"),
            ("replace", "Replace", "New frames take the place of the old ones"),
        ),
    )

    arriving: EnumProperty(
        name="On Arrival",
        description="What this file does with frames while they arrive",
        items=(
            ("NOTHING", "Nothing", "They lie in their folder; Import takes them in"),
            ("STRIP", "Grow a Strip", "In the Video Sequencer, in a scene for editing"),
            ("IMAGE", "Show in Image Editor", "As a sequence that follows the timeline"),
            ("COMPOSITOR", "Add to Compositor", "As an Image node with a Viewer; the render stays as it is"),
            ("CAMERA", "Show Behind Camera", "As a background of the scene's camera"),
        ),
    )


class FarmhandJobItem(PropertyGroup):
    """One line of the job list: only the submission's id, as its name"""


def _rows_again(_self: PropertyGroup, _context: Context) -> None:
    window_manager = bpy.context.window_manager
    window_manager.farmhand.generation = -1


def _selected(_self: PropertyGroup, context: Context) -> None:
    """Another job's details are shown at once, not when the timer turns."""
    current = ui_state.current()
    if current is not None and current.snapshot.details.submission_id != selected_id(context):
        current.tick(selected_id(context))


def _is_trusted(_self: PropertyGroup) -> bool:
    current = ui_state.current()
    return current is not None and bool(bpy.data.filepath) and bpy.data.filepath in current.trusted


def _trust(_self: PropertyGroup, value: bool) -> None:
    trusted = ui_state.holder().trusted
    (trusted.add if value else trusted.discard)(bpy.data.filepath)


class FarmhandWindowSettings(PropertyGroup):
    """Which jobs are listed, and which one is selected"""

    # Here and not in the file: what comes from somebody else must not allow itself anything.
    allow_add_ons: BoolProperty(
        name="Allow Add-ons and Scripts",
        description=(
            "On This Computer, run this file's scripts, with the add-ons that you have enabled, until Blender is "
            "closed. Only for files that you trust"
        ),
        get=_is_trusted,
        set=_trust,
        options={"SKIP_SAVE"},
    )
    jobs: CollectionProperty(type=FarmhandJobItem)
    active: IntProperty(name="Job", description="Selected job", options={"SKIP_SAVE"}, update=_selected)
    generation: IntProperty(default=-1, options={"HIDDEN", "SKIP_SAVE"})
    search: StringProperty(
        name="Search Jobs",
        description="Show only jobs whose name, scene or file has this text",
        update=_rows_again,
        options={"TEXTEDIT_UPDATE", "SKIP_SAVE"},
    )
    show: EnumProperty(
        name="Show",
        description="Which jobs to list",
        items=(
            ("ALL", "All", "Jobs of all files"),
            ("FILE", "This File", "Jobs of the open file"),
            ("GOING", "Going", "Jobs that are not over"),
            ("TROUBLE", "Trouble", "Jobs that stopped or failed, or have suspect frames"),
        ),
        update=_rows_again,
        options={"SKIP_SAVE"},
    )
    sort: EnumProperty(
        name="Sort By",
        description="Order of the jobs",
        items=(
            ("NEW", "Newest First", "By the time of submission"),
            ("NAME", "Name", "By name"),
            ("STATE", "State", "Going first, then trouble, then done"),
        ),
        update=_rows_again,
        options={"SKIP_SAVE"},
    )


def selected_id(context: Context) -> str:
    """The selected submission's id, or ""."""
    window = context.window_manager.farmhand
    return window.jobs[window.active].name if 0 <= window.active < len(window.jobs) else ""


def selected_row(context: Context) -> Row | None:
    """The selected submission as the timer last saw it."""
    current = ui_state.current()
    return current.snapshot.by_id.get(selected_id(context)) if current else None


def add() -> None:
    """Hang our settings on Blender's types."""
    bpy.types.Scene.farmhand = PointerProperty(type=FarmhandSceneSettings)
    bpy.types.WindowManager.farmhand = PointerProperty(type=FarmhandWindowSettings)


def remove() -> None:
    """Take them off again; what a .blend remembers stays in it."""
    del bpy.types.WindowManager.farmhand
    del bpy.types.Scene.farmhand


CLASSES = (FarmhandLeftOut, FarmhandSceneSettings, FarmhandJobItem, FarmhandWindowSettings)
