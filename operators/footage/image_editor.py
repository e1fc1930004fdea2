"""Frames in an Image Editor, as a sequence that follows the timeline."""

from __future__ import annotations

import bpy
from bpy.types import Area, Context, Image

from . import image
from .footage import Footage

KIND = "IMAGE_EDITOR"


def show(found: Footage, area: Area | None) -> Image:
    """Load the frames, and show them in this editor."""
    shown = image.image_of(found)
    if area is not None:
        _show(shown, area)
        image.set_range(area.spaces.active.image_user, found)
    return shown


def put(context: Context, shown: Image) -> Area | None:
    """Show an image in an open Image Editor; returns that editor, or None."""
    area = open_area(context)
    if area is not None:
        _show(shown, area)
    return area


def open_area(context: Context) -> Area | None:
    """An open Image Editor, of this window if it has one; a UV Editor does not count."""
    windows = sorted(context.window_manager.windows, key=lambda window: window != context.window)
    return next((area for window in windows for area in window.screen.areas if area.ui_type == KIND), None)


def new_area(context: Context) -> Area | None:
    """Open an Image Editor where Blender would show a render; None if it would not show one.

    It never uses a full screen: the largest area shows the frames just as well, and the job list stays visible.
    """
    display = context.preferences.view.render_display_type
    if display == "NONE":
        return None
    area = _new_window(context) if display == "WINDOW" and not bpy.app.background else _largest(context)
    area.ui_type = KIND
    return area


def _show(shown: Image, area: Area) -> None:
    area.spaces.active.image = shown
    area.tag_redraw()


def _new_window(context: Context) -> Area:
    before = set(context.window_manager.windows)
    bpy.ops.wm.window_new()
    window = next(one for one in context.window_manager.windows if one not in before)
    return window.screen.areas[0]


def _largest(context: Context) -> Area:
    """The largest area, chosen as in Blender: the Properties editor only if there is nothing else."""
    return max(context.window.screen.areas, key=lambda area: (area.type != "PROPERTIES", area.width * area.height))
