"""A reference in a .blend to something on disk, and how to change it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bpy

from ...client.message import Message, msg

Files = tuple[tuple[str, ...], tuple[str, ...]]
"""What is needed, and what of it is missing."""


@dataclass(frozen=True, slots=True)
class Reference:
    """path: absolute. raw: as stored. find: returns the files behind it; reads the disk.
    assign: writes another path, or None if none is stored. reason: if it is not simply its user.
    beside: the .blend that it must be next to, or "".
    whole: the number of files in the sequence, or None if it is not one. why_whole: why all of them are needed.
    """

    kind: str
    owner: str
    path: str
    raw: str
    find: Callable[[], Files]
    assign: Callable[[str], None] | None = None
    reason: str = ""
    beside: str = ""
    whole: Callable[[], int] | None = None
    why_whole: str = ""


def absolute(path: str, block: Any) -> str:
    """A stored path made absolute: `//` is relative to the .blend that the data-block came from.

    Like BLI_path_abs: accepts backslashes on every system, and treats Windows' drives as folders, C: as /c.
    """
    text = bpy.path.abspath(path, library=block.library)
    if not _is_foreign(text):
        return os.path.normpath(os.path.abspath(text if os.name == "nt" else text.replace("\\", "/")))
    mounted = f"/{text[0].lower()}{text[2:]}".replace("\\", "/")
    return os.path.normpath(mounted if text[1] == ":" and os.path.exists(mounted) else text)


def blend_of(block: Any) -> str:
    """The .blend that the data-block came from, absolute, or "" if it was never saved."""
    if block.library is not None:
        return absolute(block.library.filepath, bpy.context.scene)
    return bpy.data.filepath


def words(block: Any) -> Message:
    """For example: Image “wood.png”, with the kind in Blender's own words."""
    return msg("{kind} “{name}”", kind=Message.from_text(block.bl_rna.name), name=block.name)


def within(owner: str, name: str) -> Message:
    """A part of an owner, for example: Object “Cloth” > Cloth."""
    return Message("{owner} > {name}", {"owner": owner, "name": name})


def one_file(path: str) -> Callable[[], Files]:
    """A single file."""

    def find() -> Files:
        return (path,), () if os.path.isfile(path) else (path,)

    return find


def no_file() -> Files:
    """Nothing."""
    return (), ()


def attribute(thing: Any, name: str) -> Callable[[str], None]:
    """An `assign` that writes to an attribute."""

    def assign(path: str) -> None:
        setattr(thing, name, path)

    return assign


def _is_foreign(path: str) -> bool:
    """Whether it is a path of another system, such as C:\\textures on Linux, which must not be completed."""
    return os.name != "nt" and (path[1:3] in (":\\", ":/") or path.startswith("\\\\"))
