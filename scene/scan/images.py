# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: single files, movies, sequences, UDIM tiles, and the pairs of a stereo image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import sequence
from .frame_users import FrameUsers
from .multiview import for_each_eye
from .reference import Reference, absolute, attribute, one_file, words
from .sequence import Files

_TOKENS = ("<UDIM>", "<UVTILE>")
_IN_THE_BLEND = frozenset({"GENERATED", "VIEWER"})


def references(image: Any, users: FrameUsers) -> Iterator[Reference]:
    """What the image reads, unless it is packed or made by Blender."""
    if image.source in _IN_THE_BLEND or not image.filepath or image.packed_file is not None or image.packed_files:
        return
    path = absolute(image.filepath, image)
    kind, find = _files(image, path, users)
    yield Reference(kind, words(image), path, image.filepath, find, _writes(image))


def _writes(image: Any) -> Callable[[str], None]:
    """Blender keeps a path for each view beside the image's own, and makes them anew only for an image that loads."""
    if not image.use_multiview:
        return attribute(image, "filepath_raw")

    def assign(path: str) -> None:
        source = image.source
        image.source = "GENERATED"  # this one loads without a file
        image.filepath_raw = path
        image.views_format = image.views_format
        image.source = source
        image.filepath_raw = path

    return assign


def _files(image: Any, path: str, users: FrameUsers) -> tuple[str, Callable[[], Files]]:
    if image.source == "TILED" and any(token in path for token in _TOKENS):
        return "UDIM tiles", sequence.tiles(path, [tile.number for tile in image.tiles])
    if image.source == "SEQUENCE":
        kind, find = "image sequence", sequence.of_numbers(path, users.numbers(image))
    else:
        kind, find = ("movie" if image.source == "MOVIE" else "image"), one_file(path)
    if image.use_multiview and image.views_format == "INDIVIDUAL":
        return ("image sequence" if image.source == "SEQUENCE" else "stereo image"), for_each_eye(find, users.suffixes)
    return kind, find
