"""Color management: what the presets of the API mean in this Blender's OpenColorIO config."""

from __future__ import annotations

from typing import Any

import bpy

from .cannot_render import CannotRender

_ACES_VIEWS = ("ACES 2.0", "ACES 1.3")


def aces_views(scene: Any) -> list[str]:
    """The ACES view transforms that this Blender offers; before 5.0, only with a custom config."""
    before, look = scene.view_settings.view_transform, scene.view_settings.look
    found = []
    for view in _ACES_VIEWS:
        try:
            scene.view_settings.view_transform = view
        except TypeError:
            continue
        found.append(view)
    if found:
        scene.view_settings.view_transform = before
        scene.view_settings.look = look  # Blender drops the look of one view under another
    return found


def apply_preset(scene: Any, preset: str) -> str:
    """Set up `default` (as the scene has it) or `aces`, and return the view transform in use. Raises CannotRender."""
    if preset == "aces":
        views = aces_views(scene)
        if not views:
            raise CannotRender(
                "no_aces",
                f"This farm's Blender {bpy.app.version_string} has no ACES view transform. "
                "Choose the default color management, or a farm with Blender 5.0 or newer.",
            )
        scene.view_settings.view_transform = views[0]
        scene.view_settings.look = "None"
    return str(scene.view_settings.view_transform)
