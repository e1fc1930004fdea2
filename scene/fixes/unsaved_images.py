# SPDX-License-Identifier: GPL-3.0-or-later
"""Images whose file is gone while Blender still holds their pixels: packing them saves them."""

from __future__ import annotations

from typing import Any

import bpy

from ...client.errors import LocalProblem
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
    """Keep the pixels of these images in the .blend.  Returns how many.  Raises LocalProblem."""
    found = images(path)
    if not found:
        raise LocalProblem(
            f"Blender does not hold the pixels of {path}.", "Nothing was packed.", "Find the file, or replace it."
        )
    for image in found:
        # Blender reads the file again for an image that was not changed, and there is none.
        image.pixels[0] = image.pixels[0]
        image.pack()
    return len(found)
