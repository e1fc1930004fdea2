# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene itself names: strips of the sequencer when the render runs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from . import reach
from .frame_users import FrameUsers
from .reference import Reference, absolute, attribute, one_file, words
from .sequence import Files


def references(scene: Any, users: FrameUsers) -> Iterator[Reference]:
    """Pictures and movies of strips."""
    if reach.renders_sequencer(scene):
        for strip in reach.strips_of(scene):
            yield from _strip(scene, strip, users)


def _strip(scene: Any, strip: Any, users: FrameUsers) -> Iterator[Reference]:
    where = f"{words(scene)} > strip {strip.name}"
    if strip.type == "MOVIE" and strip.filepath:
        path = absolute(strip.filepath, scene)
        yield Reference("movie strip", where, path, strip.filepath, one_file(path), attribute(strip, "filepath"))
    elif strip.type == "IMAGE" and strip.elements:
        folder = absolute(strip.directory, scene)
        names = _shown(strip, users)
        assign = attribute(strip, "directory")
        yield Reference("image strip", where, folder, strip.directory, _files(folder, names), assign)


def _shown(strip: Any, users: FrameUsers) -> list[str]:
    """The pictures that the frames show; all of them when the strip's speed is changed."""
    names = [element.filename for element in strip.elements]
    if len(names) == 1 or getattr(strip, "retiming_keys", None) or strip.strobe > 1:
        return names
    if strip.use_reverse_frames:
        names.reverse()
    start = int(strip.frame_start)
    first, last = strip.frame_final_start, strip.frame_final_end
    shown = [
        names[min(max(frame - start, 0), len(names) - 1)]
        for frame in sorted(users.scene_frames())
        if first <= frame < last
    ]
    return sorted(set(shown))


def _files(folder: str, names: list[str]) -> Callable[[], Files]:
    def find() -> Files:
        paths = tuple(os.path.join(folder, name) for name in names)
        return paths, tuple(path for path in paths if not os.path.isfile(path))

    return find
