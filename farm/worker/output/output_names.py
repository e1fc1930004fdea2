"""File names that Blender composes while it writes: numbers, views, and since Blender 4.5 {camera_name}."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .plain_names import plain

_EXPRESSION = re.compile(r"\{[^{}]+\}")
_LONGEST = 255
_WITH_FOLDERS = re.compile(r"\{blend_dir(_lib)?\}")


def literal(path: Path | str) -> str:
    """Escapes the braces in a path of the farm."""
    text = str(path)
    return text.replace("{", "{{").replace("}", "}}") if bpy.app.version >= (4, 5, 0) else text


def variable_folders(path: str) -> str:
    """From the artist's folders, those whose names vary with job or frame, or ""."""
    parts = [part for part in re.split(r"[/\\]+", without_folders(path)) if _EXPRESSION.search(part)]
    return "".join(f"/{part}" for part in parts)


def without_folders(path: str) -> str:
    """The path without variables for folders, which would be the farm's here."""
    return _WITH_FOLDERS.sub("", path)


@dataclass(frozen=True, slots=True)
class SceneNames:
    """The scene's own names for its frames, read before the farm redirects the output."""

    filepath: str
    uses_extensions: bool

    @classmethod
    def from_scene(cls, scene: Any) -> SceneNames:
        return cls(scene.render.filepath, scene.render.use_file_extension)

    def of_frame(self, scene: Any, frame: int, view: str, written: str) -> str:
        """The name without folders, in the scene's present format.

        Args:
            scene: Blender's, with the job's settings.
            view: the name of a view that has a separate file, or "".
            written: the name of the written file, used if the scene's own is unusable.
        """
        render = scene.render
        kept = render.filepath, render.use_file_extension
        render.filepath, render.use_file_extension = self.filepath, self.uses_extensions
        try:
            name = re.split(r"[/\\]", render.frame_path(frame=frame, view=view))[-1]
        except (RuntimeError, ValueError):  # variables that this Blender cannot fill in
            return written
        finally:
            render.filepath, render.use_file_extension = kept
        name = plain(name)
        return name if name.strip(". ") and len(name) <= _LONGEST else written
