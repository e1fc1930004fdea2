"""Names of files that Blender fills in while it writes: {camera_name} and its like, from Blender 4.5 on."""

from __future__ import annotations

import re
from pathlib import Path

import bpy

_EXPRESSION = re.compile(r"\{[^{}]+\}")
_WITH_FOLDERS = re.compile(r"\{blend_dir(_lib)?\}")


def literal(path: Path | str) -> str:
    """A path of the farm's own, whatever braces are in it."""
    text = str(path)
    return text.replace("{", "{{").replace("}", "}}") if bpy.app.version >= (4, 5, 0) else text


def variable_folders(path: str) -> str:
    """Of the folders that an artist chose those whose names differ from job to job and frame to frame, or ""."""
    parts = [part for part in re.split(r"[/\\]+", without_folders(path)) if _EXPRESSION.search(part)]
    return "".join(f"/{part}" for part in parts)


def without_folders(path: str) -> str:
    """Without variables that stand for a folder, which is the farm's here."""
    return _WITH_FOLDERS.sub("", path)
