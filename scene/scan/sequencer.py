# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene itself names: pictures and movies of the strips that are shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from . import strip_time, strips
from .frame_users import FrameUsers
from .multiview import for_each_eye
from .reference import Reference, absolute, attribute, one_file, words
from .sequence import Files


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
        find = _eyes(strip, _files(folder, _names(one)), users)
        yield Reference("image strip", where, folder, strip.directory, find, attribute(strip, "directory"))


def _eyes(strip: Any, find: Callable[[], Files], users: FrameUsers) -> Callable[[], Files]:
    if strip.use_multiview and strip.views_format == "INDIVIDUAL":
        return for_each_eye(find, users.suffixes)
    return find


def _names(one: strips.Shown) -> list[str]:
    """The pictures that are shown."""
    names = [element.filename for element in one.strip.elements]
    if one.frames is None or len(names) == 1:
        return names
    trimmed = int(strip_time.get(one.strip, "content_trim_start"))
    places = {place + trimmed for place in strips.places(one)}
    return sorted({names[min(place, len(names) - 1)] for place in places})


def _files(folder: str, names: list[str]) -> Callable[[], Files]:
    def find() -> Files:
        paths = tuple(os.path.join(folder, name) for name in names)
        return paths, tuple(path for path in paths if not os.path.isfile(path))

    return find
