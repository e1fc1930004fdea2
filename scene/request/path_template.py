"""Fields in the name of an output folder, filled in for each job: //render/{blend_name}_v{number}."""

from __future__ import annotations

import os
import re
import string
import time
from collections.abc import Mapping, Sequence
from itertools import count

import bpy
from bpy.types import Scene

from ...client.errors import LocalProblem
from ...client.message import msg

NUMBER = "number"
FIELDS = ("blend_name", "scene_name", "camera_name", "date", "time", NUMBER)
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def shown(template: str, scene: Scene, camera: str = "") -> str:
    """The name as far as it is known before submitting: ### stands for the number. Does not access the disk.

    Args:
        template: with fields in braces.
        camera: its name, or "" for the scene's own.

    Raises:
        LocalProblem: an unknown field.
    """
    return _filled(template, {**_values(scene, camera), NUMBER: "###"})


def absolute(template: str, scene: Scene, cameras: Sequence[str] = ("",)) -> list[str]:
    """The folder of a job that is submitted now, for each camera. {number} is the first for which all folders are new.

    Args:
        template: with fields in braces.
        cameras: names, or "" for the scene's own.

    Raises:
        LocalProblem: an unknown field.
    """
    fields = [_values(scene, camera) for camera in cameras]
    for number in count(1):
        filled = (_filled(template, {**values, NUMBER: f"{number:03}"}) for values in fields)
        paths = [bpy.path.abspath(path) for path in filled]
        if not is_numbered(template) or not any(os.path.exists(path) for path in paths):
            break
    return paths


def is_numbered(template: str) -> bool:
    """Whether each job gets its own folder."""
    return any(name == NUMBER for _, name, _, _ in _parsed(template))


def literal(path: str) -> str:
    """Escapes the braces of a path that is used literally."""
    return path.replace("{", "{{").replace("}", "}}")


def _values(scene: Scene, camera: str) -> dict[str, str]:
    blend = bpy.path.display_name_from_filepath(bpy.data.filepath) or "untitled"
    camera = camera or (scene.camera.name if scene.camera else "")
    now = time.localtime()
    named = {"blend_name": blend, "scene_name": scene.name, "camera_name": camera}
    moment = {"date": time.strftime("%Y-%m-%d", now), "time": time.strftime("%H-%M-%S", now)}
    return {**{field: _NO_NAME.sub("_", value).strip(". ") for field, value in named.items()}, **moment}


def _filled(template: str, values: Mapping[str, str]) -> str:
    parts = []
    for text, name, _, _ in _parsed(template):
        parts.append(text)
        if name is not None:
            if name not in values:
                raise _no_field(f"{{{name}}}")
            parts.append(values[name])
    return "".join(parts)


def _parsed(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError:
        raise _no_field(template) from None


def _no_field(found: str) -> LocalProblem:
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    return LocalProblem(
        msg("Unknown variable {variable} in the output folder name.", variable=found),
        "Nothing was sent, because the frames could not be saved.",
        msg("Available variables: {known}.", known=known),
    )
