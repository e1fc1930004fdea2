"""What each kind of data-block names on disk. One table maps kinds to readers; node trees are read for all kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import bpy

from ...client.message import msg
from . import images, movies, nodes, objects, volumes
from .frame_users import FrameUsers
from .reference import Reference, absolute, attribute, no_file, one_file, words
from .strips import sequencer


def references_of(block: Any, users: FrameUsers) -> Iterator[Reference]:
    """Everything that one data-block names."""
    reader = _READERS.get(block.id_type)
    if reader is not None:
        yield from reader(block, users)
    yield from nodes.references(block, users.animation)


def of_libraries(used: Iterable[Any]) -> Iterator[Reference]:
    """The .blend files that these data-blocks come from, directly or indirectly."""
    seen: dict[Any, str] = {}
    for block in used:
        library = block.library
        why: str = msg("source of {owner}", owner=words(block))
        while library is not None and library not in seen:
            seen[library] = why
            library, why = library.parent, msg("links {library}", library=library.name)
    for library, why in seen.items():
        yield of_library(library, why)


def of_library(library: Any, why: str = "") -> Reference:
    """A linked .blend. A packed one needs no file, but other files are relative to where it was."""
    path = absolute(library.filepath, bpy.context.scene)
    inside = is_inside(library)
    find = no_file if inside else one_file(path)
    kind = "packed library" if inside else "library"
    return Reference(kind, words(library), path, library.filepath, find, attribute(library, "filepath"), why)


def is_inside(library: Any) -> bool:
    """Whether the library's data is packed into the open .blend (as a file, or since 5.0 block by block)."""
    return library.packed_file is not None or getattr(library, "is_archive", False)


def _sound(block: Any, _users: FrameUsers) -> Iterator[Reference]:
    yield from _simple(block, "sound")


def _font(block: Any, _users: FrameUsers) -> Iterator[Reference]:
    if block.filepath != "<builtin>":
        yield from _simple(block, "font")


def _text(block: Any, _users: FrameUsers) -> Iterator[Reference]:
    if not block.is_in_memory:
        yield from _simple(block, "text")


def _camera(block: Any, users: FrameUsers) -> Iterator[Reference]:
    # Since 5.0: custom cameras in OSL.
    animation = users.animation
    if not hasattr(block, "custom_mode") or not block.custom_filepath:
        return
    if animation.may_be(block, "custom_mode", "EXTERNAL") and animation.may_be(block, "type", "CUSTOM"):
        path = absolute(block.custom_filepath, block)
        assign = attribute(block, "custom_filepath")
        yield Reference("OSL script", words(block), path, block.custom_filepath, one_file(path), assign)


def _simple(block: Any, kind: str) -> Iterator[Reference]:
    """A data-block that names one file, unless it is packed."""
    if block.filepath and getattr(block, "packed_file", None) is None:
        path = absolute(block.filepath, block)
        yield Reference(kind, words(block), path, block.filepath, one_file(path), attribute(block, "filepath"))


_READERS: dict[str, Callable[[Any, FrameUsers], Iterator[Reference]]] = {
    "IMAGE": images.references,
    "MOVIECLIP": movies.references,
    "SOUND": _sound,
    "FONT": _font,
    "TEXT": _text,
    "CAMERA": _camera,
    "OBJECT": objects.references,
    "SCENE": sequencer.references,
    "VOLUME": volumes.of_volume,
    "CACHEFILE": volumes.of_cache_file,
}
