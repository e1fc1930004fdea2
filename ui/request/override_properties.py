"""The properties of the overrides: for each row of `OVERRIDES` a value, and the switch that has it sent."""

from __future__ import annotations

from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, IntVectorProperty, StringProperty
from bpy.types import Context

from ...scene.request import scene_settings as scene_settings
from .. import choices
from .overrides import OVERRIDES, Override, as_config, scene_value

_ROWS = {one.name: one for one in OVERRIDES}


def _take_scene_value(one: Override):
    """Start an override with the scene's value when it is enabled."""

    def update(self: OverrideProperties, context: Context) -> None:
        if not getattr(self, one.switch):
            return
        settings = scene_settings.read(self.id_data, as_config(self)).as_config()
        value = scene_value(settings, one)
        try:
            if value is not None:
                setattr(self, one.name, value)
        except TypeError:
            return  # the scene uses something that has no entry in our list

    return update


def _switch(name: str):
    one = _ROWS[name]
    return BoolProperty(
        name=one.label,
        description="Override the scene's value",
        update=_take_scene_value(one),
    )


class OverrideProperties:
    """A part of the scene's settings, which Blender registers with the whole"""

    use_render_engine: _switch("render_engine")
    render_engine: EnumProperty(name="Render Engine", description="Engine to render with", items=choices.ENGINE_ITEMS)
    use_sample_count: _switch("sample_count")
    sample_count: IntProperty(
        name="Samples",
        description="Number of samples for each pixel",
        default=64,
        soft_max=4096,
        **_ROWS["sample_count"].limits,
    )
    use_denoising_enabled: _switch("denoising_enabled")
    denoising_enabled: BoolProperty(name="Denoise", description="Remove noise from the finished frame", default=True)
    use_resolution: _switch("resolution")
    resolution: IntVectorProperty(
        name="Resolution",
        description="Width and height in pixels",
        size=2,
        default=(1920, 1080),
        **_ROWS["resolution"].limits,
    )
    use_resolution_percentage: _switch("resolution_percentage")
    resolution_percentage: IntProperty(
        name="Resolution %",
        description="Percentage of the resolution to render",
        default=100,
        soft_max=100,
        subtype="PERCENTAGE",
        **_ROWS["resolution_percentage"].limits,
    )
    use_output_format: _switch("output_format")
    output_format: EnumProperty(name="File Format", description="Format of the frames", items=choices.FORMAT_ITEMS)
    use_color_mode: _switch("color_mode")
    color_mode: EnumProperty(
        name="Color", description="Channels of the frames", items=choices.COLOR_ITEMS, default="RGBA"
    )
    use_color_depth: _switch("color_depth")
    color_depth: EnumProperty(name="Color Depth", description="Bit depth per channel", items=choices.DEPTH_ITEMS)
    use_exr_codec: _switch("exr_codec")
    exr_codec: EnumProperty(
        name="EXR Codec", description="Compression of OpenEXR files", items=choices.CODEC_ITEMS, default="ZIP"
    )
    use_compression: _switch("compression")
    compression: IntProperty(
        name="Compression",
        description="Compression of PNG files; higher values make smaller files but take longer",
        default=15,
        subtype="PERCENTAGE",
        **_ROWS["compression"].limits,
    )
    use_quality: _switch("quality")
    quality: IntProperty(
        name="Quality",
        description="Quality of JPEG and WebP files",
        default=90,
        subtype="PERCENTAGE",
        **_ROWS["quality"].limits,
    )
    use_compute_device: _switch("compute_device")
    compute_device: EnumProperty(
        name="Device", description="Device that Cycles renders on", items=choices.DEVICE_ITEMS, default="CUDA"
    )
    use_gpu_count: _switch("gpu_count")
    gpu_count: IntProperty(
        name="GPU Count", description="GPUs that render a frame", default=1, soft_max=16, **_ROWS["gpu_count"].limits
    )
    use_minimum_ram: _switch("minimum_ram")
    minimum_ram: IntProperty(
        name="Minimum RAM",
        description="Minimum memory of the render computers, in GB",
        default=16,
        soft_max=512,
        **_ROWS["minimum_ram"].limits,
    )
    use_compositor_device: _switch("compositor_device")
    compositor_device: EnumProperty(
        name="Compositor",
        description="Device that the compositor runs on",
        items=choices.COMPOSITOR_DEVICE_ITEMS,
    )
    use_denoiser_type: _switch("denoiser_type")
    denoiser_type: EnumProperty(
        name="Denoiser", description="Denoiser to use when Denoise is on", items=choices.DENOISER_ITEMS
    )
    use_tiling: _switch("tiling")
    tiling: BoolProperty(name="Use Tiling", description="Render large frames in tiles to use less memory", default=True)
    use_tile_size: _switch("tile_size")
    tile_size: IntProperty(
        name="Tile Size",
        description="Width and height of a tile, in pixels",
        default=2048,
        max=8192,
        **_ROWS["tile_size"].limits,
    )
    use_split_frames: _switch("split_frames")
    split_frames: BoolProperty(
        name="Split Frames",
        description="Render a still on all of the farm's computers at once, each rendering a part of it",
        default=True,
    )
    use_same_device: _switch("same_device")
    same_device: BoolProperty(
        name="Same Kind of Device",
        description="Render all frames of this job on one kind of device, as CPU and GPU results may differ slightly",
        default=False,
    )
    use_fps: _switch("fps")
    fps: FloatProperty(
        name="Frame Rate",
        description="Frames per second. The number of frames stays the same; a movie of them plays at this rate",
        default=24.0,
        min=0.01,
        soft_max=120.0,
        precision=3,
        step=100,
    )
    use_tiff_codec: _switch("tiff_codec")
    tiff_codec: EnumProperty(
        name="TIFF Codec", description="Compression of TIFF files", items=choices.TIFF_CODEC_ITEMS, default="DEFLATE"
    )
    use_notes: _switch("notes")
    notes: StringProperty(name="Job Notes", description="A note for the service's staff, stored with the job")
