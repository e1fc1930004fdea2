"""Recognizes Blender's signs of a fault in the pixels of a frame: the pink of missing textures, the violet of strips.

Pink keeps its hue in any white light, and a surface adds little else. What a view transform makes of it was asked of
Blender when the job was packed (see `scene/packing/fault_colors.py`). Pink that an artist has chosen rarely has just
this hue and saturation; and where colors run into one another, as in a sky, as much lies beside the hue as on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias

from ...client.message import msg
from ..images.sampling import Color, Samples

PINK = msg("Large areas show the missing-texture pink.")
VIOLET = msg("Large areas show the violet of missing media in the Video Sequencer.")
SIGNS = (PINK, VIOLET)
BLACK = msg("It is completely black.")

Limits: TypeAlias = tuple[float, float, float, float]
"""Least and most green, least and most red beyond blue, as shares of the brighter of red and blue."""

_SHARE = 0.03
"""Of the frame."""
_DARKEST = 38
"""Of 255, where no Blender has said; darker pink is too hard to tell from other colors."""
_DARKEST_LIGHT = 0.02
_NOISE = 0.02
_STEPS = 1.0
"""Values of 255 that rounding and dithering move a color by."""
_NEAR = 2.0
"""How many widths of the hue colored lamps and skies may move it by."""
_FAR = 0.8
"""From the hue; what is beyond is red or blue."""
_SHARP = 0.7
"""So much of what is as violet is just violet."""
_PINK_SHARE = 0.05
_SHARP_PINKS = ((0.25, 0.7), (0.0, 0.85), (0.75, 0.55))
"""Of what is near the hue, how much is within its own width; and of what is as saturated, how much is near the hue."""
_GREENEST = 0.65
"""Where between its limits the green of half of the pink may be."""
_EXACT = 0.9
"""Of the pink; so much just on its hue, as in white light, may be as green as any."""
_NARROWEST = 0.01
_NEXT_TO_IT = 8
"""So much further from violet are the colors that its noise or shade would have."""
_VIOLETS: tuple[Color, ...] = ((216, 0, 191), (24, 0, 21))
"""As Blender fills the strip, whatever the view transform."""
_VIOLET_LIGHT: Color = (0.69, 0.0, 0.521)
_LIGHT_LIMITS: Limits = (0.0, 0.1, -0.17, 0.17)
_STANDARD = ((0.0, 0.1), (0.0, 0.25), (0.0, 0.31), (0.0, 0.33), (0.0, 0.35))


@dataclass(frozen=True, slots=True)
class FaultColors:
    """The colors of faults in a job's frames, 0 to 255.

    pink: the limits for each of 256 levels of the brighter of red and blue. darkest: the least of these levels at
    which pink is recognized.
    """

    pink: tuple[Limits, ...]
    violets: tuple[Color, ...]
    darkest: float

    @classmethod
    def from_measured(cls, measured: Mapping[str, Any]) -> FaultColors:
        """From job.json. Without the word of a Blender the view transform counts as Standard."""
        rows = measured.get("pink") or [[low, high, -0.08, 0.08] for low, high in _STANDARD]
        violet = measured.get("violet")
        violets = ((violet[0], violet[1], violet[2]), *_VIOLETS) if violet else _VIOLETS
        limits = [_between(rows, level / 255) for level in range(256)]
        wide = [_widest(limits[max(0, level - 1) : level + 2]) for level in range(256)]  # rounding moves levels
        return cls(tuple(wide), violets, measured.get("darkest", _DARKEST))


def suspicion(samples: Samples, faults: FaultColors) -> str:
    """Why these pixels look wrong, or ""."""
    if not samples.colors:
        return ""
    if _is_violet(samples, faults):
        return VIOLET
    return PINK if _is_pink(samples, faults) else ""


def _between(rows: Sequence[Sequence[float]], place: float) -> Limits:
    """Row number n stands for level (n + 1) of as many as there are rows."""
    at = max(0.0, place * len(rows) - 1)
    low = min(int(at), len(rows) - 1)
    high = min(low + 1, len(rows) - 1)
    first, second, third, fourth = (
        one + (at - low) * (two - one) for one, two in zip(rows[low], rows[high], strict=True)
    )
    return first, second, third, fourth


def _widest(limits: Sequence[Limits]) -> Limits:
    least, most, blueish, reddish = zip(*limits, strict=True)
    return min(least), max(most), min(blueish), max(reddish)


def _is_pink(samples: Samples, faults: FaultColors) -> bool:
    """Whether enough of the frame has the green and the hue of pink, and little has other hues with such green.

    A surface adds little green to pink; light of this color, and skies, hold more of it.
    """
    limits = [_LIGHT_LIMITS] * 256 if samples.is_light else faults.pink
    darkest, steps = (_DARKEST_LIGHT, 0.0) if samples.is_light else (faults.darkest, _STEPS)
    cut = _half_step(samples)
    on_it, exact, far, greens = 0, 0, 0, list[float]()
    for red, green, blue in samples.colors:
        level = max(red, blue) + cut
        if level < darkest or green > level:
            continue
        least, most, blueish, reddish = limits[min(255, int(level))]
        noise, hue, share = _NOISE + steps / level, (red - blue) / level, (green + cut) / level
        if least - noise <= share <= most + noise and abs(hue) < _FAR:
            apart = abs(hue - (reddish + blueish) / 2)
            away = apart / ((reddish - blueish + noise) / 2)
            on_it += away <= 1
            exact += apart <= noise
            far += away > _NEAR
            if away <= _NEAR:
                greens.append((share - least) / max(_NARROWEST, most - least))
    near = len(greens)
    if near < _PINK_SHARE * len(samples.colors) or (median(greens) > _GREENEST and exact < _EXACT * near):
        return False
    return any(on_it >= least * near and near >= sharp * (near + far) for least, sharp in _SHARP_PINKS)


def _is_violet(samples: Samples, faults: FaultColors) -> bool:
    """Whether enough of the frame has just this color, and little is next to it: Blender fills the strip with it."""
    violets, off = ((_VIOLET_LIGHT,), 0.012) if samples.is_light else (faults.violets, 3)
    cut = _half_step(samples)
    scale = 256 / 257 if samples.depth == 16 else 1.0  # a step of 8 bits is 257 of 16 bits
    for violet in violets:
        apart = [
            max(abs((one + cut) * scale - other) for one, other in zip(color, violet, strict=True))
            for color in samples.colors
        ]
        alike = sum(one <= off for one in apart)
        if alike >= _SHARE * len(apart) and alike >= _SHARP * sum(one <= _NEXT_TO_IT * off for one in apart):
            return True
    return False


def _half_step(samples: Samples) -> float:
    """What taking the upper byte has cut off, on average."""
    return 0.5 if samples.depth == 16 else 0.0
