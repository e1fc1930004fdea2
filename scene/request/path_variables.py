"""Variables in an output path, filled in as Blender 4.5 and newer do: //render/{camera_name}_{resolution_x:####}_####.

Blender fills them in from the open scene; a job may have another camera, size and frame rate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import bpy
from bpy.types import Scene

Value = str | int | float

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:]*)(?P<colon>:)?(?P<spec>[^{}]*)\}|[{}]")
_SPEC = re.compile(r"(?P<digits>#*)(?:\.(?P<decimals>#+))?")
_UNSAFE = re.compile(r'[/\\?*:|"<>\x01-\x1f]')


class UnknownVariable(ValueError):
    """expression: the part of the path that cannot be filled in."""

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self.expression = expression


def are_known() -> bool:
    """Whether this Blender fills in variables; before 4.5, braces are part of the name."""
    return bpy.app.version >= (4, 5, 0)


def values(scene: Scene, camera: str, size: tuple[int, int], fps: float) -> dict[str, Value]:
    """The variables that Blender itself provides for a render.

    Args:
        camera: the name of the object that renders the frame, or "" for none.
        size: width and height of a frame in pixels, before a border crops it.
        fps: frames per second, may be fractional.
    """
    named: dict[str, Value] = {"resolution_x": size[0], "resolution_y": size[1], "fps": fps}
    if bpy.app.version >= (5, 0, 0):
        named["scene_name"] = safe_name(scene.name)
        if camera:
            named["camera_name"] = safe_name(camera)
    return {**named, **of_file()}


def of_file() -> dict[str, Value]:
    """The variables of the open file."""
    if not bpy.data.filepath:
        return {}
    blend = Path(bpy.data.filepath)
    name, folder = safe_name(blend.stem), str(blend.parent)
    if bpy.app.version < (5, 0, 0):
        return {"blend_name": name}
    return {"blend_name": name, "blend_name_lib": name, "blend_dir": folder, "blend_dir_lib": folder}


def fill(path: str, known: Mapping[str, Value]) -> str:
    """The path with its variables filled in. Raises UnknownVariable."""

    def replace(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match["name"] is None or match["name"] not in known:
            raise UnknownVariable(match[0])
        value = known[match["name"]]
        if match["colon"] is None:
            return str(value)
        return _formatted(value, match["spec"], match[0])

    return _TOKEN.sub(replace, path)


def fill_some(path: str, known: Mapping[str, Value]) -> str:
    """The same path with only these variables filled in."""

    def replace(match: re.Match[str]) -> str:
        if match["name"] not in known:
            return match[0]
        try:
            return fill(match[0], known).replace("{", "{{").replace("}", "}}")
        except UnknownVariable:
            return match[0]

    return _TOKEN.sub(replace, path)


def safe_name(name: str) -> str:
    """A data-block's name as Blender puts it into a path."""
    text = _UNSAFE.sub("_", name)
    return "_" + text[1:] if text and not text.strip(".") else text


def _formatted(value: Value, spec: str, expression: str) -> str:
    match = _SPEC.fullmatch(spec)
    if match is None or not spec or isinstance(value, str):
        raise UnknownVariable(expression)
    digits, decimals = len(match["digits"]), len(match["decimals"] or "")
    width = digits + decimals + bool(decimals) if digits else 0
    return f"{value:0{width}.{decimals}f}"
