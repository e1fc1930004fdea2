"""Images whose pixels only Blender has: their file is gone, or they were changed and not saved."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import bpy

from ...client.errors import LocalProblem
from ...client.message import msg
from ..scan.reference import absolute


def images(path: str) -> list[Any]:
    """Images of the open file that name this file and have their pixels in memory."""
    return [
        image
        for image in bpy.data.images
        if image.source == "FILE"
        and image.library is None
        and image.has_data
        and not image.packed_files
        and absolute(image.filepath, image) == path
    ]


def pack(path: str) -> int:
    """Pack these images into the .blend. Returns how many. Raises LocalProblem."""
    found = images(path)
    if not found:
        raise LocalProblem(
            msg("Blender no longer has the image data of {path} in memory.", path=path),
            "Nothing was packed.",
            "Find or replace the file.",
        )
    for image in found:
        # For an unchanged image, Blender would read its file again, which does not exist.
        image.pixels[0] = image.pixels[0]
        image.pack()
    return len(found)


def changed(images: Iterable[Any]) -> list[Any]:
    """Those that were painted, baked or computed since they were last saved or packed."""
    return [image for image in images if image.source in _SAVED and image.is_dirty]


def save_all() -> int:
    """Save every changed image as Blender does: to its file, or into the .blend. Returns how many there were."""
    count = len(changed(bpy.data.images))
    with suppress(RuntimeError):  # nothing to save, or a file that cannot be written
        bpy.ops.image.save_all_modified()
    for image in changed(bpy.data.images):
        if image.library is None:
            image.pack()
    return count


_SAVED = frozenset({"FILE", "GENERATED", "TILED"})
"""Sources of images that can be painted on; what a render or the Compositor shows is never saved with the file."""
