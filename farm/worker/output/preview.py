"""A small PNG of a finished frame, whatever its format."""

from __future__ import annotations

import bpy

_SIDE = 320


def make_preview(source: str, target: str) -> str | None:
    """Write the preview and return its path, or None if this Blender cannot read the frame."""
    try:
        image = bpy.data.images.load(source)
    except RuntimeError:
        return None
    try:
        width, height = image.size
        if not width or not height:
            return None
        factor = min(1.0, _SIDE / max(width, height))
        image.scale(max(1, round(width * factor)), max(1, round(height * factor)))
        image.filepath_raw = target
        image.file_format = "PNG"
        image.save()
    except RuntimeError:
        return None
    finally:
        bpy.data.images.remove(image)
    return target
