# SPDX-License-Identifier: GPL-3.0-or-later
"""Movie clips: a movie, or a sequence that always starts at its named file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import sequence
from .frame_users import FrameUsers
from .reference import Reference, absolute, attribute, one_file, words


def references(clip: Any, users: FrameUsers) -> Iterator[Reference]:
    """What the clip reads; its proxies are for the screen alone."""
    if not clip.filepath:
        return
    path = absolute(clip.filepath, clip)
    kind, find = "movie clip", one_file(path)
    first = sequence.first_number(path)
    if clip.source == "SEQUENCE" and first is not None:
        kind = "clip sequence"
        start = first - clip.frame_start + clip.frame_offset
        find = sequence.of_numbers(path, _there(path, {start + frame for frame in users.scene_frames()}))
    yield Reference(kind, words(clip), path, clip.filepath, find, attribute(clip, "filepath"))


def _there(path: str, numbers: set[int]) -> set[int]:
    """Before its first and after its last file a clip shows nothing: those frames are not missing."""
    have = {number for each in sequence.whole(path) if (number := sequence.first_number(each)) is not None}
    if not have:
        return numbers
    return {number for number in numbers if min(have) <= number <= max(have)} or {min(have)}
