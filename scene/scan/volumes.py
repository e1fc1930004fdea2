# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVDB volumes, Alembic and USD caches: single files, or a file for each frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import sequence
from .frame_users import FrameUsers
from .reference import Reference, absolute, attribute, one_file, words


def of_volume(volume: Any, users: FrameUsers) -> Iterator[Reference]:
    """A volume, or the files of its sequence that the frames show."""
    if not volume.filepath or getattr(volume, "packed_file", None) is not None:
        return
    path = absolute(volume.filepath, volume)
    kind, find = "volume", one_file(path)
    if volume.is_sequence:
        numbers = {_shown(volume, frame) for frame in users.scene_frames()}
        kind, find = "volume sequence", sequence.of_numbers(path, {one for one in numbers if one is not None})
    yield Reference(kind, words(volume), path, volume.filepath, find, attribute(volume, "filepath"))


def of_cache_file(cache: Any, users: FrameUsers) -> Iterator[Reference]:
    """An Alembic or USD file, or one for each frame, and the layers over it."""
    if cache.filepath:
        path = absolute(cache.filepath, cache)
        kind, find = "cache", one_file(path)
        if cache.is_sequence:
            frames = {int(cache.frame)} if cache.override_frame else users.scene_frames()
            kind, find = "cache sequence", sequence.of_numbers(path, frames)
        yield Reference(kind, words(cache), path, cache.filepath, find, attribute(cache, "filepath"))
    for layer in cache.layers:
        path = absolute(layer.filepath, cache)
        owner = f"{words(cache)} > layer"
        yield Reference("cache", owner, path, layer.filepath, one_file(path), attribute(layer, "filepath"))


def _shown(volume: Any, frame: int) -> int | None:
    """BKE_volume_sequence_frame in Python: the number in the file's name, or None for an empty volume."""
    length = volume.frame_duration
    if length == 0:
        return None
    place = frame - volume.frame_start
    mode = volume.sequence_mode
    if mode == "CLIP" and not 0 <= place < length:
        return None
    if mode == "EXTEND":
        place = min(max(place, 0), length - 1)
    elif mode == "REPEAT":
        place %= length
    elif mode == "PING_PONG":
        turn = max(1, 2 * length - 2)
        place = place % turn
        place = place if place < length else turn - place
    return int(place + volume.frame_offset + 1)
