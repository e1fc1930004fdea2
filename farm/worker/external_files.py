"""Which files the open .blend reads from outside itself, and which of them are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

_COLLECTIONS = ("libraries", "images", "movieclips", "sounds", "fonts", "cache_files", "volumes")
_KINDS = {
    "libraries": "library",
    "images": "image",
    "movieclips": "movie clip",
    "sounds": "sound",
    "fonts": "font",
    "cache_files": "cache",
    "volumes": "volume",
}
_IMAGES_WITHOUT_FILE = frozenset({"GENERATED", "VIEWER"})


def missing_files() -> list[dict[str, str]]:
    """Files that the scene names and that are not there: path as the artist wrote it, owner and kind."""
    return [
        {"path": block.filepath, "owner": block.name_full, "kind": _KINDS[collection]}
        for collection, block in _references()
        if not _exists(bpy.path.abspath(block.filepath, library=block.library), block)
    ]


def packed_count() -> int:
    """How many files the .blend carries inside itself."""
    blocks = [block for name in _COLLECTIONS for block in getattr(bpy.data, name, ())]
    return sum(1 for block in blocks if getattr(block, "packed_file", None) is not None)


def _references() -> Iterator[tuple[str, Any]]:
    for collection in _COLLECTIONS:
        for block in getattr(bpy.data, collection, ()):
            if _reads_a_file(collection, block):
                yield collection, block


def _reads_a_file(collection: str, block: Any) -> bool:
    if not block.filepath or block.filepath == "<builtin>" or getattr(block, "packed_file", None) is not None:
        return False
    if collection == "images":
        return block.source not in _IMAGES_WITHOUT_FILE and not block.packed_files
    # Libraries that were packed with their data (5.0) live inside the file.
    return not (collection == "libraries" and getattr(block, "is_archive", False))


def _exists(path: str, block: Any) -> bool:
    """Whether a file, one tile of a UDIM set or one file of a sequence is there."""
    if Path(path).is_file():
        return True
    name = Path(path).name
    if "<UDIM>" in name or "<UVTILE>" in name:
        pattern = re.escape(name).replace("<UDIM>", r"\d{4}").replace("<UVTILE>", r"u\d+_v\d+")
    elif getattr(block, "source", "") == "SEQUENCE" or getattr(block, "is_sequence", False):
        pattern = re.sub(r"\d+(?=\D*$)", r"\\d+", re.escape(name))
    else:
        return False
    try:
        return any(re.fullmatch(pattern, each.name) for each in Path(path).parent.iterdir())
    except OSError:
        return False
