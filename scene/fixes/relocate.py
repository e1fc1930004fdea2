"""Changes the path of a missing file wherever the open .blend uses it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Scene

from ...client.errors import LocalProblem
from ...client.message import msg
from ..scan import references, usage
from ..scan.animated.animation import Animation
from ..scan.frame_users import FrameUsers
from ..scan.reference import Reference


def relocate(scene: Scene, missing: str, chosen: str) -> int:
    """Write the chosen file's path wherever the render names the missing one. Returns how often.

    Args:
        missing: absolute, as a finding names it.
        chosen: for tiles and sequences, any of the files: only its folder counts. For a cache folder, a folder.

    Raises:
        LocalProblem: only a linked file names it, or nothing that can be changed.
    """
    named = [(block, one) for block, one in _references(scene) if one.path == missing]
    ours = [(block, one) for block, one in named if block.library is None and one.assign is not None]
    if not ours:
        raise _cannot(missing, named)
    for block, reference in ours:
        reference.assign(_stored(_new_path(reference, chosen), reference.raw))
        if block.id_type == "IMAGE":
            block.reload()
    return len(ours)


def _references(scene: Scene) -> Iterator[tuple[Any, Reference]]:
    animation = Animation()
    used = usage.used_by(scene, None, animation)
    users = FrameUsers(used, (), animation=animation)
    for block in used:
        for reference in references.references_of(block, users):
            yield block, reference


def _new_path(reference: Reference, chosen: str) -> str:
    if os.path.isdir(chosen):
        return chosen
    files, _ = reference.find()
    if files == (reference.path,):
        return chosen
    folder = os.path.dirname(chosen)
    is_folder = any(file.startswith(reference.path + os.sep) for file in files)  # of a strip's pictures
    return folder if is_folder else os.path.join(folder, os.path.basename(reference.path))


def _stored(path: str, before: str) -> str:
    """Relative to the .blend if the old path was, and if that is possible."""
    if not before.startswith("//") or not bpy.data.filepath:
        return path
    try:
        return str(bpy.path.relpath(path))
    except ValueError:  # on another drive
        return path


def _cannot(missing: str, named: list[tuple[Any, Reference]]) -> LocalProblem:
    libraries = sorted({block.library.filepath for block, _ in named if block.library is not None})
    if libraries:
        return LocalProblem(
            msg("{path} is referenced by the linked file {library}.", path=missing, library=", ".join(libraries)),
            "It cannot be changed from this file.",
            "Open that file, find the missing file there, and save it.",
        )
    return LocalProblem(
        msg("No editable reference to {path} was found in this scene.", path=missing),
        "Nothing was changed.",
        "Run the check again. If the file is still missing, restore it to its original location.",
    )
