"""Movie clips: a movie, or a sequence that always starts at its named file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from . import sequence
from .frame_users import FrameUsers, Numbers
from .reference import Reference, absolute, attribute, one_file, words


def references(clip: Any, users: FrameUsers) -> Iterator[Reference]:
    """What the clip reads; its proxies are only for the viewport."""
    if not clip.filepath:
        return
    path, assign = absolute(clip.filepath, clip), attribute(clip, "filepath")
    first = sequence.first_number(path)
    if first is None or not users.animation.may_be(clip, "source", "SEQUENCE"):
        yield Reference("movie clip", words(clip), path, clip.filepath, one_file(path), assign)
        return
    numbers = _numbers(clip, first, users)
    known = None if numbers.known is None else _there(path, set(numbers.known))
    find, count = sequence.of_numbers(path, known), sequence.counting(path)
    yield Reference("clip sequence", words(clip), path, clip.filepath, find, assign, whole=count, why_whole=numbers.why)


def _numbers(clip: Any, first: int, users: FrameUsers) -> Numbers:
    """The numbers that strips show by their own count, and those that other users read by the scene's frame."""

    def find() -> Iterator[int]:
        times = users.times
        offsets = {users.animation.at(clip, "frame_offset", time) for time in times.centers}
        for place in users.pictures_in_strips(clip):
            yield from (first + place + offset for offset in offsets)
        for frame, time in users.frames_of(clip):
            start = users.animation.at(clip, "frame_start", time)
            yield first + int(frame) - start + users.animation.at(clip, "frame_offset", time)
        if bpy.app.version < (4, 5, 0):  # Blender reads the image size from the first file (tried with 4.2)
            yield first

    return users.known(find)


def _there(path: str, numbers: set[int]) -> set[int]:
    """The existing ones: before its first and after its last file, a clip shows nothing, so those are not missing."""
    have = {number for each in sequence.whole(path) if (number := sequence.first_number(each)) is not None}
    if not have:
        return numbers
    return {number for number in numbers if min(have) <= number <= max(have)} or {min(have)}
