"""Tests whether this Blender renders at all, with Blender's default scene, before any job arrives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from . import devices
from .cannot_render import CannotRender
from .output.output_names import literal

_PIXELS = 16


def frame(folder: str) -> dict[str, Any]:
    """Render a tiny picture. Returns the version and features of this Blender. Raises CannotRender."""
    scene = bpy.context.scene
    picture = Path(folder, "test.png")
    render: Any = scene.render
    render.resolution_x = render.resolution_y = _PIXELS
    render.resolution_percentage = 100
    render.image_settings.file_format = "PNG"
    render.filepath = literal(picture)
    try:
        render.engine = "CYCLES"
        scene.cycles.device = "CPU"
        scene.cycles.samples = 1
        scene.cycles.use_denoising = False
    except (TypeError, AttributeError):
        render.engine = "BLENDER_WORKBENCH"  # a Blender that was built without Cycles
    bpy.ops.render.render(write_still=True)
    if not picture.exists() or not picture.stat().st_size:
        raise CannotRender("self_test", "Blender rendered its test image but wrote no file.")
    names = [f"{kind}: {device.name}" for kind, gpus in devices.found().items() for device in gpus]
    return {"blenderVersion": bpy.app.version_string, "devices": names}
