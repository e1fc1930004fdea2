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
    is_inside = image.source in _IN_THE_BLEND and not users.animation.touches(image, "source")
    if is_inside or not image.filepath or image.packed_file is not None or image.packed_files:
        return
    path = absolute(image.filepath, image)
    for_view = users.suffixes if _has_file_for_each_view(image, users) else None
    if users.animation.may_be(image, "source", "TILED") and any(token in path for token in _TOKENS):
        find = sequence.tiles(path, [tile.number for tile in image.tiles])
        yield Reference("UDIM tiles", words(image), path, image.filepath, find, _writes(image))
    elif users.animation.may_be(image, "source", "SEQUENCE"):
        numbers = users.numbers(image)
        find = _for_views(sequence.of_numbers(path, numbers.known), for_view)
        count = sequence.counting(path)
        yield Reference(
            "image sequence",
            words(image),
            path,
            image.filepath,
            find,
            _writes(image),
            whole=count,
            why_whole=numbers.why,
        )
    else:
        kind = "stereo image" if for_view else "movie" if users.animation.may_be(image, "source", "MOVIE") else "image"
        yield Reference(kind, words(image), path, image.filepath, _for_views(one_file(path), for_view), _writes(image))


def _writes(image: Any) -> Callable[[str], None]:
    """Also writes the path of each view, which Blender updates only if the image loads."""
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


def _has_file_for_each_view(image: Any, users: FrameUsers) -> bool:
    return users.animation.is_on(image, "use_multiview") and users.animation.may_be(image, "views_format", "INDIVIDUAL")


def _for_views(find: Callable[[], Files], suffixes: list[str] | None) -> Callable[[], Files]:
    return find if suffixes is None else for_each_eye(find, suffixes)
