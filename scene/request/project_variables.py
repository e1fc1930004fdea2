"""Variables of a Blender project (5.3): the .blend files in its folder may use them in paths.

Blender fills them in only for files in that folder, so a copy elsewhere has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
from bpy.types import Scene

from . import path_variables
from .path_variables import UnknownVariable, Value

_of_original: dict[str, Value] = {}


def variables() -> dict[str, Value]:
    """Name → value, as in a path; {} outside a project and before 5.3."""
    project = getattr(bpy.data, "project", None)
    if project is None:
        return dict(_of_original)
    built_in = {"project_root": project.root_path, "project_name": path_variables.safe_name(project.name)}
    return {**built_in, **{one.name: _value(one) for one in project.variables}}


def of_render(scene: Scene, camera: str, size: tuple[int, int], fps: float) -> dict[str, Value]:
    """All variables that Blender would fill into an output path. A project's own come first.

    Args:
        camera, size, fps: as for `path_variables.values`.
    """
    return {**path_variables.values(scene, camera, size, fps), **variables()}


def keep(values: Mapping[str, Value]) -> None:
    """Let the open copy use the variables of its original."""
    _of_original.clear()
    _of_original.update(values)


def filled(struct: Any, name: str) -> str:
    """A path, with its variables filled in if Blender does so for this property."""
    path: str = getattr(struct, name)
    if not getattr(struct.bl_rna.properties[name], "is_path_supports_templates", False):
        return path
    try:
        return path_variables.fill(path, {**path_variables.of_file(), **variables()})
    except UnknownVariable:
        return path


def fill_in(struct: Any, name: str) -> None:
    """Replace a project's variables in a path by their values; others stay."""
    path: str = getattr(struct, name)
    changed = path_variables.fill_some(path, variables())
    if changed != path:
        setattr(struct, name, changed)


def _value(variable: Any) -> Value:
    value: Value = variable.value
    is_name = isinstance(value, str) and variable.subtype == "NONE"
    return path_variables.safe_name(str(value)) if is_name else value
