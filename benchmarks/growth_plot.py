"""A plot of how costs grow, as SVG: both axes by powers of ten, so that a cost that doubles with its size is a line
that rises by one step for each step to the right."""

from __future__ import annotations

import math
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 150, 40, 50
COLORS = ("#4477aa", "#ee6677", "#228833", "#aa8800", "#66ccee")


def plot(subject: str, found: dict[int, dict[str, float]]) -> str:
    """found: size → name → seconds."""
    sizes = [*found]
    values = [seconds for times in found.values() for seconds in times.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    across = math.log10(sizes[-1] / sizes[0])

    def x(size: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(size / sizes[0]) / across

    def y(seconds: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(seconds) - low) / (high - low)

    parts = [_text(LEFT, 22, f"Seconds by number of {subject}", "start", 15)]
    for power in range(low, high + 1):
        parts.append(_line([(LEFT, y(10**power)), (WIDTH - RIGHT, y(10**power))], "#8888", 0.5))
        parts.append(_text(LEFT - 8, y(10**power) + 4, _seconds(power), "end"))
    for size in sizes:
        parts.append(_text(x(size), HEIGHT - BOTTOM + 20, f"{size:,}", "middle"))
    ends = list[float]()
    for name, color in zip(found[sizes[0]], COLORS, strict=False):
        parts.append(_line([(x(size), y(found[size][name])) for size in sizes], color, 2))
        end = y(found[sizes[-1]][name])
        while any(abs(end - other) < 14 for other in ends):
            end += 14
        ends.append(end)
        parts.append(_text(WIDTH - RIGHT + 8, end + 4, name, "start", color=color))
    style = "<style>text{font-family:sans-serif;fill:#777}svg{background:transparent}</style>"
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{style}\n' + "\n".join(parts) + "\n</svg>\n"


def _seconds(power: int) -> str:
    names = {
        -6: "1 µs",
        -5: "10 µs",
        -4: "0.1 ms",
        -3: "1 ms",
        -2: "10 ms",
        -1: "0.1 s",
        0: "1 s",
        1: "10 s",
        2: "100 s",
    }
    return names.get(power, f"1e{power} s")


def _line(points: list[tuple[float, float]], color: str, width: float) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str, size: int = 12, color: str = "") -> str:
    fill = f' style="fill:{color}"' if color else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{fill}>{escape(text)}</text>'
