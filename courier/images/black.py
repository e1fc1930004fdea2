"""Whether an image is black although Blender dithers it: no value above 2 of 255, and the same noise everywhere.

A night shot may hold such values too, but unevenly. Without any light, Cycles' denoiser may leave a pixel or two that
are slightly brighter: invisible specks. JPEG leaves little of the noise, in spots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

BRIGHTEST = 2
"""Of 255. The strongest dithering (2.0) makes values of 2; Blender's default of 1.0 makes 1."""
BRIGHTEST_SPECK = 4
"""Of 255."""
_FAINTEST_LIGHT, _SPECK_OF_LIGHT = 0.0002, 0.001
"""Of scene linear light: what the denoiser leaves everywhere, and in specks."""
_SPECKS = 6
"""Values, those of two pixels."""
_SPOTS = 0.002
"""Of all values: up to this share, values of 1 need not be spread evenly."""
_SIDES = 4
_FEWEST, _MOST = 0.6, 1.5
_CHANCE = 4
"""Standard deviations that a part may differ from the others by chance."""


def consists_of(data: bytes, value: int) -> bool:
    """Whether all bytes have this value; much faster than stripping it."""
    return data == bytes((value,)) * len(data)


class Darkness:
    """Takes the rows of a picture one by one, until one is too bright to be black."""

    def __init__(self, width: int, height: int, depth: int = 8) -> None:
        """depth: bits of a color: 8, or 16, which Blender does not dither."""
        self._width, self._height = width, height
        self._noise = bytes(range(BRIGHTEST + 1)) if depth == 8 else b"\0"
        self._rows = self._values = self._specks = self._lit = 0
        self._sums = [0] * _SIDES**2
        self._brighter = [0] * _SIDES**2

    def takes(self, channels: Sequence[bytes]) -> bool:
        """Add the next row, as the bytes of each color (of 16 bits, the upper ones). False if it is not black."""
        first = min(self._rows, self._height - 1) * _SIDES // self._height * _SIDES
        self._rows += 1
        for channel in channels:
            self._values += len(channel)
            if not consists_of(channel, 0):
                specks = channel.translate(None, self._noise)
                self._specks += len(specks)
                if self._specks > _SPECKS or max(specks, default=0) > BRIGHTEST_SPECK:
                    return False
                self._lit += len(channel) - channel.count(0)
                for side in range(_SIDES):
                    part = channel[self._width * side // _SIDES : self._width * (side + 1) // _SIDES]
                    self._sums[first + side] += sum(part)
                    self._brighter[first + side] += len(part.translate(None, b"\0\1"))
        return True

    @property
    def is_black(self) -> bool:
        """Whether all rows were added, and hold only specks, spots of values of 1, or evenly spread noise."""
        if self._rows != self._height:
            return False
        if min(self._width, self._height) < 4 * _SIDES:  # too small to compare parts
            return True
        if self._lit <= (_SPECKS if any(self._brighter) else max(_SPECKS, _SPOTS * self._values)):
            return True
        return _is_even(self._sums) and _is_even(self._brighter)


class FaintLight:
    """Like Darkness, for rows of scene linear light. is_black: whether all rows so far are."""

    def __init__(self) -> None:
        self.is_black, self._specks = True, 0

    def takes(self, channels: Sequence[Sequence[float]]) -> bool:
        """Add the next row, as the values of each color. False when it is not black."""
        for channel in channels:
            if max(channel) > _FAINTEST_LIGHT:
                specks = [value for value in channel if value > _FAINTEST_LIGHT]
                self._specks += len(specks)
                if self._specks > _SPECKS or max(specks) > _SPECK_OF_LIGHT:
                    self.is_black = False
        return self.is_black


def _is_even(parts: Sequence[int]) -> bool:
    """Whether, apart from specks, the parts differ no more than by chance."""
    mean = sum(parts) / len(parts)
    chance = _CHANCE * math.sqrt(mean)
    return _FEWEST * mean - chance <= min(parts) and max(parts) <= _MOST * mean + chance + _SPECKS
