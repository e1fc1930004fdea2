"""Whether a picture is black although Blender dithers it: no value above 2 of 255, and the same noise everywhere.

A night shot may hold such values too, but here more and there fewer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

BRIGHTEST = 2
"""Of 255. The most dithering that can be set (2.0) makes twos; Blender's own 1.0 makes ones."""
FAINTEST_LIGHT = 0.0002
"""Of scene linear light. Cycles' denoiser leaves up to 0.00015 where there is no light at all."""
_SIDES = 4
_FEWEST, _MOST = 0.6, 1.5
_CHANCE = 4
"""Standard deviations that a part may differ from the others by chance."""


class Darkness:
    """Takes the rows of a picture one by one, until one is too bright to be black."""

    def __init__(self, width: int, height: int, depth: int = 8) -> None:
        """depth: bits of a color: 8, or 16, which Blender does not dither."""
        self._width, self._height = width, height
        self._brightest = BRIGHTEST if depth == 8 else 0
        self._rows = 0
        self._sums = [[0] * _SIDES for _ in range(_SIDES)]

    def takes(self, channels: Sequence[bytes]) -> bool:
        """Add the next row, as the bytes of each color, of 16 bits the upper ones. False when it is not black."""
        parts = self._sums[min(self._rows, self._height - 1) * _SIDES // self._height]
        self._rows += 1
        for channel in channels:
            if channel.strip(b"\0"):
                if max(channel) > self._brightest:
                    return False
                for at in range(_SIDES):
                    start, end = (self._width * side // _SIDES for side in (at, at + 1))
                    parts[at] += sum(channel[start:end])
        return True

    @property
    def is_black(self) -> bool:
        """Whether all rows have come, and their noise is spread evenly."""
        if self._rows != self._height:
            return False
        if min(self._width, self._height) < 4 * _SIDES:  # too small to compare parts
            return True
        sums = [part for row in self._sums for part in row]
        mean = sum(sums) / len(sums)
        chance = _CHANCE * math.sqrt(mean)
        return _FEWEST * mean - chance <= min(sums) and max(sums) <= _MOST * mean + chance
