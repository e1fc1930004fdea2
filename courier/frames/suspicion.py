"""Recognizes Blender's signs of a fault in the pixels of a frame: the pink of missing textures, the violet of strips.

Pink has the red and the blue of the light on it, and hardly any green. When the job was packed, Blender measured what
the view transform makes of it in each kind of daylight (see `scene/packing/fault_colors.py`). Lamps and skies may have
such colors too, but they tint all that they light, and run into other hues; pink chosen by an artist has more green.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import Any, TypeAlias

from ...client.message import msg
from ..images.sampling import Color, Samples

PINK = msg("Large areas show the missing-texture pink.")
VIOLET = msg("Large areas show the violet of missing media in the Video Sequencer.")
SIGNS = (PINK, VIOLET)
BLACK = msg("It is completely black.")

Limits: TypeAlias = tuple[float, float, float, float]
"""Least and most green, least and most red minus blue, as shares of the brighter of red and blue."""

Daylight: TypeAlias = tuple[tuple[float, float, float], ...]
"""From the bluest light to the reddest: red minus blue, least and most green, as shares of the brighter of the two."""

Plain: TypeAlias = tuple[tuple[float, float], ...]
"""For these lights and others: red minus blue, and the least green of most things that are not pink."""

_SHARE = 0.03
"""Of the frame."""
_DARKEST = 38
"""Of 255, without a measurement; darker pink is too hard to tell from other colors."""
_DARKEST_LIGHT = 0.02
_NOISE = 0.02
_STEPS = 1.5
"""Values of 255 that rounding and dithering move a color by."""
_NEAR = 2.0
"""How far colored lamps and skies may shift the hue, in widths of the hue."""
_FAR = 0.8
"""Largest distance from the hue; beyond it, colors are red or blue."""
_SHARP = 0.7
"""Of the pixels close to violet, the least share that is exactly violet."""
_PINK_SHARE, _WHITE_SHARE = 0.01, 0.05
"""Of the frame, the least pink: if the rest shows natural light, and by the hue of pink alone."""
_SHARP_PINKS = ((0.25, 0.7), (0.0, 0.85), (0.75, 0.55))
"""Of what is near the hue, how much is within its own width; and of what is as saturated, how much is near the hue."""
_GREENS = 1.5
"""The most green of pink, as a multiple of what light adds to it."""
_GREENEST, _GREENEST_OF_DAY = 0.9, 1.3
"""The same for the median of the pink: by its hue alone, and where the rest shows natural light."""
_GREENEST_OF_SHADE, _SHADE_SHARE = 1.65, 0.1
"""A blue sky that a large surface reflects adds more green; a small area of it is as often an artist's."""
OWN_GREEN = 0.3
"""Where the scene's own colors and lights leave as little green as this, a fault needs more evidence."""
_OWN_SHARE, _GREENEST_OF_OWN = 0.05, 0.5
"""Of the frame, the least pink; and the most green at its median, as a multiple of what light adds."""
_PLAIN_SHARE = 0.1
"""Of the frame, the least share with the green of most things."""
_PLAIN, _PLAIN_OF_GREEN = 0.1, 0.17
"""The same of what is not pink: a base, and what is added for each multiple of the green at the median of the pink."""
_FEW = 0.65
"""Of the green between its limits in white light, where no daylight was measured."""
_NARROWEST = 0.01
_NEXT_TO_IT = 8
"""How many times further from violet its noise or shading would be."""
_VIOLETS: tuple[Color, ...] = ((216, 0, 191), (24, 0, 21))
"""As Blender fills the strip, whatever the view transform."""
_VIOLET_LIGHT: Color = (0.69, 0.0, 0.521)
_LIGHT_LIMITS: Limits = (0.0, 0.1, -0.17, 0.17)
_LIGHT_DAYLIGHT: Daylight = ((-0.8, 0.0, 0.07), (0.375, 0.0, 0.07))
_LIGHT_PLAIN: Plain = tuple(
    ((red - 1) / max(red, 1), 0.8 * sqrt(min(red, 1 / red))) for red in (0.12, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0, 6.0)
)
_STANDARD = ((0.0, 0.1), (0.0, 0.25), (0.0, 0.31), (0.0, 0.33), (0.0, 0.35))


@dataclass(frozen=True, slots=True)
class FaultColors:
    """The colors of faults in a job's frames, 0 to 255.

    pink, daylight: the limits in white light and in daylight, for each of 256 levels of the brighter of red and blue.
    plain: for these levels, the least green of most things that are not pink. darkest: the least of these levels at
    which pink is recognized. can_be_pink: whether Blender could show anything in the scene as pink. own_green: the
    least green that its own colors and lights leave, as a share of the geometric mean of red and blue.
    """

    pink: tuple[Limits, ...]
    daylight: tuple[Daylight, ...]
    plain: tuple[Plain, ...]
    violets: tuple[Color, ...]
    darkest: float
    can_be_pink: bool = True
    own_green: float = 1.0

    @classmethod
    def from_measured(cls, measured: Mapping[str, Any]) -> FaultColors:
        """From job.json. Without measurements, the view transform counts as Standard."""
        rows = measured.get("pink") or [[low, high, -0.08, 0.08] for low, high in _STANDARD]
        violet = measured.get("violet")
        violets = ((violet[0], violet[1], violet[2]), *_VIOLETS) if violet else _VIOLETS
        wide = [_widest(_about(rows, level)) for level in range(256)]  # rounding moves levels
        rest = measured.get("darkest", _DARKEST), measured.get("can_be_pink", True), measured.get("own_green", 1.0)
        return cls(tuple(wide), _daylight(measured, wide), _plain(measured), violets, *rest)


_IN_LIGHT = FaultColors((_LIGHT_LIMITS,) * 256, (_LIGHT_DAYLIGHT,) * 256, (_LIGHT_PLAIN,) * 256, (), _DARKEST_LIGHT)
"""For scene linear light, which has no view transform."""


def suspicion(samples: Samples, faults: FaultColors) -> str:
    """Why these pixels look wrong, or ""."""
    if not samples.colors:
        return ""
    if _is_violet(samples, faults):
        return VIOLET
    if not faults.can_be_pink:
        return ""
    has_own = faults.own_green < OWN_GREEN
    return PINK if _pinks(samples, faults).is_fault(len(samples.colors), has_own_pink=has_own) else ""


def _between(rows: Sequence[Sequence[float]], level: float) -> tuple[float, ...]:
    """Interpolate rows, which stand for equal steps of 256 levels, the last one for 255."""
    step = 256 / len(rows)
    before_last = 256 - step
    at = level / step - 1 if level < before_last else len(rows) - 2 + (level - before_last) / (255 - before_last)
    low = min(max(0, int(at)), len(rows) - 1)
    high = min(low + 1, len(rows) - 1)
    part = max(0.0, at - low)
    return tuple(one + part * (two - one) for one, two in zip(rows[low], rows[high], strict=True))


def _about(rows: Sequence[Sequence[float]], level: int) -> list[tuple[float, ...]]:
    return [_between(rows, min(255.0, max(0.0, level + off))) for off in (-_STEPS, -1, 0, 1, _STEPS)]


def _widest(limits: Sequence[Sequence[float]]) -> Limits:
    least, most, blueish, reddish = zip(*limits, strict=True)
    return min(least), max(most), min(blueish), max(reddish)


def _daylight(measured: Mapping[str, Any], white: Sequence[Limits]) -> tuple[Daylight, ...]:
    """For each of 256 levels, pink in daylight; without measurements, in white light."""
    rows = measured.get("daylight")
    if not rows:
        few = [(least, least + _FEW * (most - least)) for least, most, _, _ in white]
        ends = zip(white, few, strict=True)
        return tuple(((blueish, *green), (reddish, *green)) for (_, _, blueish, reddish), green in ends)
    lights = [[_between(light, level) for level in range(256)] for light in zip(*rows, strict=True)]
    return tuple(tuple((hue, least, most) for hue, least, most in of_level) for of_level in zip(*lights, strict=True))


def _plain(measured: Mapping[str, Any]) -> tuple[Plain, ...]:
    """For each of 256 levels; empty without measurements."""
    rows = measured.get("plain")
    if not rows:
        return ((),) * 256
    lights = [[_between(light, level) for level in range(256)] for light in zip(*rows, strict=True)]
    return tuple(tuple((hue, green) for hue, green in of_level) for of_level in zip(*lights, strict=True))


@dataclass(slots=True)
class _Pinks:
    """How many pixels of a frame indicate pink, and how many do not.

    greens: of each that has the hue of pink in some daylight; 1 means as much green as such light adds.
    on, near, far: how many have the hue of white light, to within its width, to within _NEAR widths, and beyond.
    rest: what is neither pink nor too dark. plain: how much of it has the green of most things.
    """

    greens: list[float] = field(default_factory=list)
    on: int = 0
    near: int = 0
    far: int = 0
    rest: int = 0
    plain: int = 0

    def is_fault(self, pixels: int, *, has_own_pink: bool = False) -> bool:
        """Whether enough of these pixels are pink with little green, in a light that may be natural.

        has_own_pink: whether the scene has colors that are nearly as poor in green.

        The light is natural if nearly all of the pink has the hue of white light, or if much of the rest is not as
        poor in green: colored lamps and skies take green from all that they light.
        """
        if len(self.greens) < _PINK_SHARE * pixels:
            return False
        green = median(self.greens)
        if has_own_pink and (green > _GREENEST_OF_OWN or len(self.greens) < _OWN_SHARE * pixels):
            return False
        shares = [(least * self.near, sharp) for least, sharp in _SHARP_PINKS]
        is_white = any(self.on >= least and self.near >= sharp * (self.near + self.far) for least, sharp in shares)
        if is_white and green <= _GREENEST and len(self.greens) >= _WHITE_SHARE * pixels:
            return True
        least = (_PLAIN + _PLAIN_OF_GREEN * max(0.0, green)) * self.rest
        greenest = _GREENEST_OF_SHADE if len(self.greens) >= _SHADE_SHARE * pixels else _GREENEST_OF_DAY
        return green <= greenest and self.plain >= max(_PLAIN_SHARE * pixels, least)


def _pinks(samples: Samples, faults: FaultColors) -> _Pinks:
    faults, steps = (_IN_LIGHT, 0.0) if samples.is_light else (faults, _STEPS)
    cut, pinks = _half_step(samples), _Pinks()
    for color in samples.colors:
        red, green, blue = color
        level = max(color) + cut
        if level < faults.darkest:
            continue
        place, noise, hue = min(255, int(level)), _NOISE + steps / level, (red - blue) / level
        _, _, blueish, reddish = faults.pink[place]
        daylight, share = faults.daylight[place], (green + cut) / level
        least, most = _green(daylight, hue) if green < max(red, blue) and abs(hue) < _FAR else (1.0, 0.0)
        if not least - noise <= share <= least + _GREENS * (most - least) + noise:
            pinks.rest += 1
            pinks.plain += _is_plain(faults.plain, color, cut)
            continue
        apart, width = abs(hue - (reddish + blueish) / 2), (reddish - blueish + noise) / 2
        pinks.on += apart <= width
        pinks.near += apart <= _NEAR * width
        pinks.far += apart > _NEAR * width
        if daylight[0][0] - noise <= hue <= daylight[-1][0] + noise:
            pinks.greens.append((share - least) / max(_NARROWEST, most - least))
    return pinks


def _is_plain(plain: Sequence[Plain], color: Color, cut: float) -> bool:
    """Whether it has as much green as most things have in a light between the bluest and the reddest."""
    red, green, blue = color
    level = max(red, blue) + cut
    lights = plain[min(255, int(level))]
    if not level or not lights:
        return False
    hue, share = (red - blue) / level, (green + cut) / level
    if not lights[0][0] <= hue <= lights[-1][0]:
        return False
    for low, high in pairwise(lights):
        if hue <= high[0]:
            part = (hue - low[0]) / (high[0] - low[0]) if high[0] > low[0] else 0.0
            return share >= low[1] + part * (high[1] - low[1])
    return True


def _green(daylight: Daylight, hue: float) -> tuple[float, float]:
    """Least and most green of pink with this hue; beyond the ends, the values at the end."""
    low = daylight[0]
    for high in daylight:
        if hue < high[0]:
            part = (hue - low[0]) / (high[0] - low[0]) if high[0] > low[0] else 0.0
            return low[1] + part * (high[1] - low[1]), low[2] + part * (high[2] - low[2])
        low = high
    return low[1], low[2]


def _is_violet(samples: Samples, faults: FaultColors) -> bool:
    """Whether enough of the frame has exactly this color, and little is near it: Blender fills the strip with it."""
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
    """What keeping only the upper byte has cut off, on average."""
    return 0.5 if samples.depth == 16 else 0.0
