"""Files that a scene itself names: pictures and movies of the strips that are shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from ..frame_users import FrameUsers
from ..multiview import for_each_eye
from ..reference import Reference, absolute, attribute, one_file, words
from ..sequence import Files
from . import strips


def references(scene: Any, users: FrameUsers) -> Iterator[Reference]:
    """Pictures and movies of strips."""
    for one in users.strips_of(scene):
        yield from _strip(scene, one, users)


def _strip(scene: Any, one: strips.Shown, users: FrameUsers) -> Iterator[Reference]:
    strip = one.strip
    where = f"{words(scene)} > strip {strip.name}"
    if strip.type == "MOVIE" and strip.filepath:
        path = absolute(strip.filepath, scene)
        find = _eyes(strip, one_file(path), users)
        yield Reference("movie strip", where, path, strip.filepath, find, attribute(strip, "filepath"))
    elif strip.type == "IMAGE" and strip.elements:
        folder = absolute(strip.directory, scene)
        find, assign = _eyes(strip, _files(folder, _names(one)), users), attribute(strip, "directory")
        count = lambda: len(strip.elements)  # noqa: E731
        yield Reference("image strip", where, folder, strip.directory, find, assign, whole=count, why_whole=one.why)


def _eyes(strip: Any, find: Callable[[], Files], users: FrameUsers) -> Callable[[], Files]:
    animation = users.animation
    if animation.is_on(strip, "use_multiview") and animation.may_be(strip, "views_format", "INDIVIDUAL"):
        return for_each_eye(find, users.suffixes)
    return find


def _names(one: strips.Shown) -> list[str]:
    """The pictures that are shown. Blender itself determines them: backwards, held, and at another speed."""
    if one.frames is None or len(one.strip.elements) == 1:
        return [element.filename for element in one.strip.elements]
    found = (one.strip.strip_elem_from_frame(frame) for frame in one.frames)
    return sorted({element.filename for element in found if element is not None})


def _files(folder: str, names: list[str]) -> Callable[[], Files]:
    def find() -> Files:
        paths = tuple(os.path.join(folder, name) for name in names)
        return paths, tuple(path for path in paths if not os.path.isfile(path))

    return find
