"""Pixels of a frame, evenly spread: enough to recognize what fills a part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Color: TypeAlias = tuple[float, float, float]

_ROWS, _COLUMNS = 64, 128


@dataclass(frozen=True, slots=True)
class Samples:
    """Some pixels of a frame.

    colors: values up to 255 (of 16 bits, the upper bytes), or scene linear light. depth: bits of a color, 0 for light.
    is_black: whether all of the frame's pixels are; False if reading the header has told already.
    """

    colors: Sequence[Color]
    depth: int = 8
    is_black: bool = False

    @property
    def is_light(self) -> bool:
        return not self.depth


class Grid:
    """Which pixels of an image are sampled: about 64 rows of 128, or all of a small one."""

    def __init__(self, width: int, height: int) -> None:
        self._down, self._across = max(1, height // _ROWS), max(1, width // _COLUMNS)

    def has_row(self, row: int) -> bool:
        return row % self._down == self._down // 2

    def of_row(self, row: int, channels: Sequence[Sequence[float]]) -> Iterator[Color]:
        """The sampled colors of a row, from its red, green and blue."""
        if self.has_row(row):
            red, green, blue = (channel[self._across // 2 :: self._across] for channel in channels)
            yield from zip(red, green, blue, strict=True)
