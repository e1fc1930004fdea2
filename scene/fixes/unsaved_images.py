# SPDX-License-Identifier: GPL-3.0-or-later
"""Images whose file is gone while Blender still holds their pixels: packing them saves them."""

from __future__ import annotations

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
    """Keep the pixels of these images in the .blend. Returns how many. Raises LocalProblem."""
    found = images(path)
    if not found:
        raise LocalProblem(
            msg("Blender no longer has the image data of {path} in memory.", path=path),
            "Nothing was packed.",
            "Find or replace the file.",
        )
    for image in found:
        # Blender reads the file again for an image that was not changed, and there is none.
        image.pixels[0] = image.pixels[0]
        image.pack()
    return len(found)
