"""What the NLA plays at a time: which strip of a track, and at which frame of its action."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .curves import Strip
from .expression import Unknown


def playing(strips: Sequence[Strip], time: float) -> tuple[Strip, float] | None:
    """The strip of a track that writes its values at this time, and the frame of its action; None if none does.

    Raises Unknown if it is blended with others, or its time is animated.
    """
    found = _strip_at(strips, time)
    if found is None or found[0].strip.mute:
        return None
    one, within = found
    if not _replaces(one.strip):
        raise Unknown(one.strip.name)
    return one, _action_frame(one.strip, within)


def _strip_at(strips: Sequence[Strip], time: float) -> tuple[Strip, float] | None:
    """The strip that is played or held, with its time: between two strips, the earlier one is held."""
    for place, one in enumerate(strips):
        strip = one.strip
        if strip.frame_start <= time <= strip.frame_end:
            return one, time
        if time < strip.frame_start:
            if place == 0:
                return (one, strip.frame_start) if strip.extrapolation == "HOLD" else None
            return _held(strips[place - 1])
    return _held(strips[-1]) if strips else None


def _held(one: Strip) -> tuple[Strip, float] | None:
    return None if one.strip.extrapolation == "NOTHING" else (one, one.strip.frame_end)


def _replaces(strip: Any) -> bool:
    """Whether it fully replaces what is below it, and its time is linear."""
    return (
        strip.type == "CLIP"
        and strip.blend_type == "REPLACE"
        and (strip.use_animated_influence is False and not (strip.blend_in or strip.blend_out))
        and not strip.use_animated_time
        and not len(strip.modifiers)
    )


def _action_frame(strip: Any, time: float) -> float:
    """nlastrip_get_frame_actionclip in Python."""
    first, last = strip.action_frame_start, strip.action_frame_end
    scale = abs(strip.scale) or 1.0
    length = (last - first) * scale
    if time == strip.frame_end and math.isclose(strip.repeat % 1, 0.0):
        passed = length
    else:
        passed = math.fmod(time - strip.frame_start, length) if length else 0.0
    return float(last - passed / scale if strip.use_reverse else first + passed / scale)
