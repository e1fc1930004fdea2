"""The plot of never_freezes.py: every time that the main thread was held, over the run; milliseconds on a log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1400, 640
LEFT, UPPER, RIGHT, LOWER = 90, 60, WIDTH - 30, HEIGHT - 70
LEAST_MS, MOST_MS = 0.01, 100.0
COLORS = {"timer": "#d1495b", "watch": "#edae49", "draw": "#00798c"}
LEGEND = {"timer": "timer", "watch": "watch", "draw": "draw of a panel"}


class Sample(Protocol):
    """As never_freezes.py has them."""

    @property
    def kind(self) -> str: ...
    @property
    def began(self) -> float: ...
    @property
    def wall(self) -> float: ...


def save(samples: Sequence[Sample], phases: Sequence[tuple[str, float, float]], limit: float, target: Path) -> None:
    """Draw the plot; phases: name, begin, end; limit: the line that nothing may cross."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    began, ended = phases[0][1], phases[-1][2]

    def x(at: float) -> float:
        return LEFT + (at - began) / (ended - began) * (RIGHT - LEFT)

    _draw_scale(draw)
    _draw_phases(draw, phases, x)
    for one in samples:
        if began <= one.began <= ended:
            _dot(draw, x(one.began), _y(one.wall), COLORS[one.kind])
    draw.line((LEFT, _y(limit), RIGHT, _y(limit)), fill="black", width=2)
    draw.text((RIGHT - 4, _y(limit) - 4), f"aim: never above {limit:.0f} ms", fill="black", font=_font(15), anchor="rd")
    _draw_legend(draw)
    image.save(target, optimize=True)


def _y(milliseconds: float) -> float:
    part = math.log(max(milliseconds, LEAST_MS) / LEAST_MS) / math.log(MOST_MS / LEAST_MS)
    return LOWER - min(part, 1.0) * (LOWER - UPPER)


def _draw_scale(draw: ImageDraw.ImageDraw) -> None:
    value = LEAST_MS
    while value <= MOST_MS * 1.001:
        draw.line((LEFT, _y(value), RIGHT, _y(value)), fill="#dddddd")
        draw.text((LEFT - 8, _y(value)), f"{value:g} ms", fill="#444444", font=_font(15), anchor="rm")
        value *= 10.0


def _draw_phases(draw: ImageDraw.ImageDraw, phases: Sequence[tuple[str, float, float]], x) -> None:  # type: ignore[no-untyped-def]
    for name, start, end in phases:
        draw.line((x(start), UPPER, x(start), LOWER), fill="#999999")
        draw.text((x(start) + 6, UPPER + 6), f"{name}, {end - start:.0f} s", fill="#444444", font=_font(15))


def _draw_legend(draw: ImageDraw.ImageDraw) -> None:
    draw.text((LEFT, 18), "How long Farmhand holds Blender's main thread", fill="black", font=_font(20))
    left = LEFT
    for kind, words in LEGEND.items():
        draw.rectangle((left, LOWER + 30, left + 14, LOWER + 44), fill=COLORS[kind])
        draw.text((left + 22, LOWER + 37), words, fill="#444444", font=_font(15), anchor="lm")
        left += 180


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, color: str) -> None:
    draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=color)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
