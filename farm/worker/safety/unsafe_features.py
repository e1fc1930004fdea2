"""Removes from the open .blend what runs code or reads arbitrary files even though scripts are off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import bpy

from ..output.plain_names import plain
from . import computed_paths

_NOT_IN_A_NAME = re.compile(r'[/\\:*?"<>|]+|\.\.+')


def remove(*, is_confined: bool, is_own: bool) -> list[str]:
    """Returns sentences for the artist on what was removed.

    Args:
        is_confined: OSL may stay: it shows only pictures and XML files, and no other job's are visible.
        is_own: whether the file is of the owner of this computer; then import nodes with computed names may stay.
    """
    notices = [*_freestyle_modules(), *_view_suffixes()]
    if not is_confined:
        notices += _open_shading_language()
    if not is_own:
        notices += computed_paths.make_literal()
    return notices


def _freestyle_modules() -> Iterator[str]:
    """Python that Freestyle runs while it draws, whatever Blender's setting for scripts is."""
    found = False
    for scene in bpy.data.scenes:
        for layer in scene.view_layers:
            modules = layer.freestyle_settings.modules
            while len(modules):
                modules.remove(modules[0])
                found = True
    if found:
        yield "Python style modules of Freestyle do not run on a farm: their lines are missing."


def _view_suffixes() -> Iterator[str]:
    """A view's suffix becomes part of file names; Blender treats one with slashes as a path."""
    for scene in bpy.data.scenes:
        for view in scene.render.views:
            suffix = plain(_NOT_IN_A_NAME.sub("_", view.file_suffix))
            if suffix != view.file_suffix:
                view.file_suffix = suffix
                yield f"The file suffix of the view “{view.name}” cannot be a part of a file name and was changed."


def _open_shading_language() -> Iterator[str]:
    """OSL shaders can read XML files and pictures at any path."""
    used = False
    for scene in bpy.data.scenes:
        if hasattr(scene, "cycles") and scene.cycles.shading_system:
            scene.cycles.shading_system = False
            used = True
    cameras: Any = bpy.data.cameras
    for camera in cameras:
        if camera.type == "CUSTOM":
            camera.type = "PERSP"
            used = True
    if used:
        yield "Open Shading Language is off on this farm, since it cannot keep its shaders from reading other files."
