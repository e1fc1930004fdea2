"""Parts of a picture, in pixels. Does not use bpy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels from the left and from the bottom; right and top are exclusive."""

    x: int
    y: int
    right: int
    top: int

    @property
    def width(self) -> int:
        return self.right - self.x

    @property
    def height(self) -> int:
        return self.top - self.y

    def grown(self, pixels: int, width: int, height: int) -> Box:
        """The box with a margin, within the picture.

        Args:
            pixels: the margin.
            width, height: the picture's, in pixels.
        """
        return Box(
            max(0, self.x - pixels),
            max(0, self.y - pixels),
            min(width, self.right + pixels),
            min(height, self.top + pixels),
        )


def cut(box: Box, count: int) -> list[Box]:
    """Tiles of about equal size that cover the box, as square as repeated halving makes them."""
    if count == 1:
        return [box]
    half = count // 2
    if box.width > box.height:
        middle = box.x + box.width * half // count
        first, second = Box(box.x, box.y, middle, box.top), Box(middle, box.y, box.right, box.top)
    else:
        middle = box.y + box.height * half // count
        first, second = Box(box.x, box.y, box.right, middle), Box(box.x, middle, box.right, box.top)
    return cut(first, half) + cut(second, count - half)
