"""Linked files that exist but cannot be used, and data that is no longer in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import bpy

from ....client.message import msg
from ...scan.reference import absolute, words
from ..context import CheckContext
from ..findings import ERROR, WARNING, Finding, some

# A .blend as it is, compressed by zstd, or by gzip as before 3.0.
_BEGINNINGS = (b"BLENDER", b"\x28\xb5\x2f\xfd", b"\x1f\x8b")


def find(context: CheckContext) -> Iterator[Finding]:
    """Files that this Blender, or any, cannot read are errors: the package would be incomplete."""
    for one in context.found:
        if one.kind == "library" and not one.missing and os.access(one.path, os.R_OK) and _is_unusable(one.path):
            yield Finding(
                ERROR,
                "library_unusable",
                msg(
                    "The linked file {path} cannot be read. It is damaged, not a .blend file, or from a newer "
                    "Blender version. Replace it with a good copy, or relocate or remove the library.",
                    path=one.path,
                ),
                one.owner,
            )
    yield from _lost(context)


def _is_unusable(path: str) -> bool:
    missing = [library for library in bpy.data.libraries if library.is_missing]
    if path in (absolute(library.filepath, bpy.context.scene) for library in missing):
        return True
    try:
        with open(path, "rb") as file:
            return not file.read(8).startswith(_BEGINNINGS)
    except OSError:
        return True


def _lost(context: CheckContext) -> Iterator[Finding]:
    """Data that was linked and is not in its file any more."""
    lost: dict[Any, list[str]] = {}
    for block in context.used:
        library = _source(block) if block.is_missing else None
        if library is not None and not library.is_missing:
            lost.setdefault(library, []).append(words(block))
    for library, names in lost.items():
        yield Finding(
            WARNING,
            "linked_data_missing",
            msg(
                "{names} no longer exists in the linked file {library} and will not be rendered. Link it again, "
                "or restore it in that file.",
                names=some(names),
                library=library.filepath,
            ),
            names[0],
        )


def _source(block: Any) -> Any | None:
    override = block.override_library
    return block.library or (override.reference.library if override and override.reference else None)
