"""OpenVDB volumes, Alembic and USD caches: single files, or a file for each frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import sequence
from .animated.animation import Animation
from .frame_users import FrameUsers
from .reference import Reference, absolute, attribute, one_file, words


def of_volume(volume: Any, users: FrameUsers) -> Iterator[Reference]:
    """A volume, or the files of its sequence that the frames show."""
    if not volume.filepath or getattr(volume, "packed_file", None) is not None:
        return
    path = absolute(volume.filepath, volume)
    assign = attribute(volume, "filepath")
    if not users.animation.is_on(volume, "is_sequence"):
        yield Reference("volume", words(volume), path, volume.filepath, one_file(path), assign)
        return
    numbers = users.over_time(lambda moment: _shown(volume, moment, users.animation))
    find, count = sequence.of_numbers(path, numbers.known), sequence.counting(path)
    yield Reference(
        "volume sequence", words(volume), path, volume.filepath, find, assign, whole=count, why_whole=numbers.why
    )


def of_cache_file(cache: Any, users: FrameUsers) -> Iterator[Reference]:
    """An Alembic or USD file, or one for each frame, and its override layers."""
    if cache.filepath:
        yield _cache(cache, users)
    for layer in cache.layers:
        path = absolute(layer.filepath, cache)
        owner = f"{words(cache)} > layer"
        yield Reference("cache", owner, path, layer.filepath, one_file(path), attribute(layer, "filepath"))


def _cache(cache: Any, users: FrameUsers) -> Reference:
    path, assign = absolute(cache.filepath, cache), attribute(cache, "filepath")
    if not users.animation.is_on(cache, "is_sequence"):
        return Reference("cache", words(cache), path, cache.filepath, one_file(path), assign)
    numbers = users.over_time(lambda moment: _held_or_shown(cache, moment, users.animation))
    find, count = sequence.of_numbers(path, numbers.known), sequence.counting(path)
    return Reference(
        "cache sequence", words(cache), path, cache.filepath, find, assign, whole=count, why_whole=numbers.why
    )


def _held_or_shown(cache: Any, moment: float, animation: Animation) -> int:
    """The number in the file's name: without its fraction."""
    is_held = animation.at(cache, "override_frame", moment)
    return int(animation.at(cache, "frame", moment) if is_held else moment)


def _shown(volume: Any, moment: float, animation: Animation) -> int | None:
    """BKE_volume_sequence_frame in Python: the number in the file's name, or None for an empty volume."""
    length = animation.at(volume, "frame_duration", moment)
    if length == 0:
        return None
    place = int(moment) - animation.at(volume, "frame_start", moment)
    mode = animation.at(volume, "sequence_mode", moment)
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
    return int(place + animation.at(volume, "frame_offset", moment) + 1)
