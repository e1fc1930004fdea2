# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames in an Image Editor, as a sequence that follows the timeline."""

from __future__ import annotations

from bpy.types import Area, Context, Image

from .footage import Footage, image, set_range


def show(context: Context, found: Footage) -> tuple[Image, Area | None]:
    """Load the frames, and show them where an Image Editor is open; returns the image and that editor, or None."""
    picture = image(found)
    area = put(context, picture)
    if area is not None:
        set_range(area.spaces.active.image_user, found)
    return picture, area


def put(context: Context, picture: Image) -> Area | None:
    """Show an image where an Image Editor is open; returns that editor, or None."""
    area = next((one for one in _areas(context) if one.type == "IMAGE_EDITOR"), None)
    if area is not None:
        area.spaces.active.image = picture
        area.tag_redraw()
    return area


def _areas(context: Context) -> list[Area]:
    return [area for window in context.window_manager.windows for area in window.screen.areas]
