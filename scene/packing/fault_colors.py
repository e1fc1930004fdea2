"""How this scene's output shows Blender's error colors: the pink of missing textures, the violet of missing strips.

View transform, look, exposure, curves and OCIO config determine how a color is saved, and only Blender itself knows
them all. So it saves a small chart with the scene's own settings, and the chart is read back.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import bpy
from bpy.types import Scene

PLAIN_LIGHTS = (0.12, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0, 6.0)
"""The red of light on things that are not pink, as a share of its blue."""
PLAIN_GREEN = 0.8
"""So much green have most of them at least, as a share of the mean of red and blue, as points on a scale of light."""
STEP = 4
"""The result has a row for every fourth of 256 levels, and one for the last."""
_LEVELS = (*range(STEP, 256, STEP), 255)
_STOPS = 64
_DARKEST, _BRIGHTEST = -9.0, 7.0
"""The light on the texture, in stops around 1."""
_OVEREXPOSED = round((1 - _DARKEST) / (_BRIGHTEST - _DARKEST) * (_STOPS - 1))
"""How many of them are up to one stop: green, too, is bright in the rest, which could be anything pink."""
_DIM = round((-5.5 - _DARKEST) / (_BRIGHTEST - _DARKEST) * (_STOPS - 1))
"""The point below which pink is too dark to tell from other colors."""
_TOO_COARSE = 16.0
"""Of 255; so few levels hold no hue."""
_NEVER = 256
_CLIPPED = 254.5
_SHINE = 0.1
"""White light that a surface reflects on top of its color, at most."""
_TINT = 1.2
"""How much stronger the red of a white lamp may be than its blue, and the other way round."""
_VIOLET = (0.69, 0.0, 0.521)
"""The Video Sequencer's color for missing media, as scene linear light."""
Color: TypeAlias = tuple[float, float, float]
_WHITE: tuple[Color, ...] = ((1.0, 0.0, 1.0), (1.0, _SHINE, 1.0), (1.0, 0.0, 1 / _TINT), (1.0, 0.0, _TINT))
"""Pink in white light: plain, shiny, and in light with the most of red and of blue that counts as white."""
_GLOSS = 0.07
"""White light that pink outdoors reflects on top of its color, mostly less."""
_DAYLIGHT = (0.2, 0.3, 0.45, 0.67, 1.0, 1.6)
"""The red of daylight as a share of its blue, from a clear sky to a low sun."""
_NATURAL: tuple[Color, ...] = tuple(
    (min(1.0, red), green, min(1.0, 1 / red)) for red in _DAYLIGHT for green in (0.0, _GLOSS)
)
_PLAIN = tuple((min(1.0, red), PLAIN_GREEN * math.sqrt(min(red, 1 / red)), min(1.0, 1 / red)) for red in PLAIN_LIGHTS)
_CHOSEN = (1.0, 0.25, 1.0)
"""A strong pink that an artist has chosen."""
_APART = 5.0
"""Of 255; so much more green it must show than pink that shines, or the view transform makes both alike."""
_CURVES = (*_WHITE, *_NATURAL, *_PLAIN, _CHOSEN)
_Row: TypeAlias = list[float]


def can_be_pink(scene: Scene) -> bool:
    """Whether a render may show the pink: Cycles does so for pictures and scripts, EEVEE also for shaders that fail.

    Pictures that modifiers, the compositor or the Video Sequencer read leave no pink when they are missing.
    """
    engine: str = scene.render.engine
    if engine != "CYCLES":
        return True
    owners: list[Any] = [*bpy.data.materials, *bpy.data.worlds, *bpy.data.lights, *bpy.data.linestyles]
    trees = [*bpy.data.node_groups, *(owner.node_tree for owner in owners if owner.node_tree is not None)]
    nodes = (node for tree in trees for node in tree.nodes)
    return any("image" in node.bl_rna.properties or node.bl_idname == "ShaderNodeScript" for node in nodes)


def measure(scene: Scene) -> dict[str, Any]:
    """The error colors in what this scene writes, 0 to 255.

    Returns "violet", a color; "darkest", the level from which pink is recognized, 256 where the view transform makes it
    something else, as False Color does; and "pink": for levels of the brighter of red and blue the least and most that
    green may be, and the least and most that red may exceed blue by, all as shares of that level. For the same levels,
    "daylight" has rows for several daylights, from the bluest: how much red exceeds blue, the least and most green;
    and "plain" for several lights, from the bluest, how much red exceeds blue and the least green of other things.
    Empty when Blender cannot save the chart or read it back.
    """
    try:
        colors = _as_saved(scene, [*_light(), _VIOLET])
    except (RuntimeError, OSError, ValueError):
        return {}
    curves = [colors[at * _STOPS : (at + 1) * _STOPS] for at in range(len(_CURVES))]
    pink = _table(curves[: len(_WHITE)])
    if not pink:
        return {"pink": [], "violet": [], "darkest": _NEVER}
    darkest = max(_TOO_COARSE, max(curves[0][_DIM]), _first_apart(curves[1], curves[-1]))
    return {
        "pink": pink,
        "daylight": _daylight(curves[len(_WHITE) : -len(_PLAIN) - 1]),
        "plain": [[_of_plain(curve, level) for curve in curves[-len(_PLAIN) - 1 : -1]] for level in _LEVELS],
        "violet": [round(value, 1) for value in colors[-1]],
        "darkest": round(darkest),
    }


def _light() -> Iterable[Color]:
    for red, green, blue in _CURVES:
        for stop in range(_STOPS):
            power = 2 ** (_DARKEST + (_BRIGHTEST - _DARKEST) * stop / (_STOPS - 1))
            yield power * red, power * green, power * blue


def _as_saved(scene: Scene, colors: Sequence[Color]) -> list[Color]:
    """Scene linear colors as saved in an 8-bit picture of this scene; measured in one of 16 bits."""
    chart: Any = bpy.data.images.new("Farmhand chart", len(colors), 1, float_buffer=True)
    with tempfile.TemporaryDirectory() as folder, _as_png(scene):
        file = str(Path(folder, "chart.png"))
        try:
            chart.pixels.foreach_set([value for color in colors for value in (*color, 1.0)])
            chart.save_render(file, scene=scene)
        finally:
            bpy.data.images.remove(chart)
        saved = _colors(bpy.data.images.load(file))
    if len(saved) != len(colors):
        raise OSError("Blender cannot read the chart that it saved.")
    return saved


@contextmanager
def _as_png(scene: Scene) -> Any:
    """Have the scene write PNG of 16 bits, without dithering."""
    settings = scene.render.image_settings
    names = ["file_format", "color_mode", "color_depth"]
    before, dither = [getattr(settings, name) for name in names], scene.render.dither_intensity
    try:
        if hasattr(settings, "media_type"):
            names, before = ["media_type", *names], [settings.media_type, *before]
            settings.media_type = "IMAGE"
        settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGB", "16"
        scene.render.dither_intensity = 0.0
        yield
    finally:
        scene.render.dither_intensity = dither
        for name, value in zip(names, before, strict=True):
            setattr(settings, name, value)


def _colors(picture: Any) -> list[Color]:
    try:
        picture.colorspace_settings.is_data = True
        values = [255 * value for value in picture.pixels[:]]
    finally:
        bpy.data.images.remove(picture)
    return list(zip(values[::4], values[1::4], values[2::4], strict=True))


def _table(curves: Sequence[Sequence[Color]]) -> list[_Row]:
    """Rows of least and most green, least and most excess of red over blue; [] if this is not pink."""
    plain, shiny, reddish, bluish = ([(max(r, b), g, r - b) for r, g, b in curve] for curve in curves)
    rows: list[_Row] = []
    for level in range(STEP, 256, STEP):
        least, tints = _at(plain, level)[1], (_at(bluish, level)[2], _at(reddish, level)[2])
        most = max(least, _at(shiny, level)[1])
        rows.append([round(value / level, 3) for value in (least, most, min(tints), max(tints))])
    rows.append(_clipped(curves) or rows[-1])
    middle = rows[len(rows) // 2]
    return rows if middle[1] < 0.7 and -0.3 < middle[2] <= middle[3] < 0.3 else []


def _daylight(curves: Sequence[Sequence[Color]]) -> list[list[_Row]]:
    """For each level, and each daylight from the bluest: by how much red exceeds blue, least and most green."""
    return [
        [_in_light(plain, shiny, level) for plain, shiny in zip(curves[::2], curves[1::2], strict=True)]
        for level in _LEVELS
    ]


def _in_light(plain: Sequence[Color], shiny: Sequence[Color], level: float) -> _Row:
    bright = [color for color in (*plain[:_OVEREXPOSED], *shiny[:_OVEREXPOSED]) if max(color) > _CLIPPED]
    if level > _CLIPPED and bright:  # all brighter light is clipped to this
        red, _, blue = min(bright, key=lambda color: color[1])
        least, most, hue = min(green for _, green, _ in bright), max(green for _, green, _ in bright), red - blue
    else:
        ends = [_at([(max(r, b), g, r - b) for r, g, b in curve], level) for curve in (plain, shiny)]
        (_, least, one), (_, most, other) = ends
        hue = (one + other) / 2
    return [round(value / level, 3) for value in (hue, least, max(least, most))]


def _first_apart(shiny: Sequence[Color], chosen: Sequence[Color]) -> float:
    """The level from which pink differs from an artist's own colors: some view transforms remove dim green."""
    for level in _LEVELS:
        greens = [_at([(max(red, blue), green, 0.0) for red, green, blue in one], level)[1] for one in (shiny, chosen)]
        if greens[1] - greens[0] >= _APART:
            return float(level)
    return float(_NEVER)


def _of_plain(curve: Sequence[Color], level: float) -> _Row:
    """By how much red exceeds blue, and the green, both as shares of this level."""
    _, green, hue = _at([(max(red, blue), green, red - blue) for red, green, blue in curve], level)
    return [round(hue / level, 3), round(green / level, 3)]


def _clipped(curves: Sequence[Sequence[Color]]) -> _Row:
    """The row of the last level, to which brighter light is clipped; [] if hardly any is."""
    bright = [color for curve in curves for color in curve[:_OVEREXPOSED] if max(color) > _CLIPPED]
    greens, tints = [green / 255 for _, green, _ in bright], [(red - blue) / 255 for red, _, blue in bright]
    return [round(value, 3) for value in (min(greens), max(greens), min(tints), max(tints))] if bright else []


def _at(curve: Sequence[Color], level: float) -> Color:
    """The curve at this level of its brighter channel, interpolated between two points."""
    for (low, *before), (high, *after) in pairwise(curve):
        if low <= level <= high and high > low:
            part = (level - low) / (high - low)
            first, second = (one + part * (two - one) for one, two in zip(before, after, strict=True))
            return level, first, second
    first, second = min(curve, key=lambda point: abs(point[0] - level))[1:]
    return level, first, second
