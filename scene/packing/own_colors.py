"""How little green a scene's own colors can leave: if it is as little as in a missing texture, pink is no evidence.

The measure is the ratio of green to the geometric mean of red and blue. For a lit surface it is the product of the
light's and the surface's ratio, and daylight of any color does not change it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any, TypeAlias

import bpy

_Color: TypeAlias = tuple[float, float, float]

_APART = 8.0
"""How many times as much red as blue, or blue as red, no longer makes pink."""
_DARK = 0.02
_MIXED = 24
"""So many different lights are tried in pairs: a red and a blue lamp make pink together."""
_SHINES = ("ShaderNodeEmission", "ShaderNodeBackground")


def least_green() -> float:
    """The least ratio, 0 to 1: that of the file's lights, also mixed in pairs, times that of its surfaces."""
    lights, surfaces = lights_and_surfaces()
    mixed = [_sum(one, two) for one, two in combinations(sorted(lights)[:_MIXED], 2)]
    return _least([*lights, *mixed]) * _least(surfaces)


def lights_and_surfaces() -> tuple[set[_Color], set[_Color]]:
    """The colors of lights and of surfaces, scene linear."""
    lights, surfaces = set(_lamps()), set[_Color]()
    for owner, node in _nodes():
        colors = set(_colors(node))
        is_light = isinstance(owner, (bpy.types.World, bpy.types.Light)) or node.bl_idname in _SHINES
        (lights if is_light else surfaces).update(colors)
        if node.bl_idname == "ShaderNodeBsdfPrincipled" and _glows(node):
            lights |= set(_emitted(node))
    return lights, surfaces


def _least(colors: Iterable[_Color]) -> float:
    return min(map(_green, colors), default=1.0)


def _green(color: _Color) -> float:
    red, green, blue = color
    high, low = max(red, blue), min(red, blue)
    if high < _DARK or low * _APART < high:
        return 1.0
    return min(1.0, max(0.0, green) / math.sqrt(red * blue))


def _sum(one: _Color, two: _Color) -> _Color:
    return one[0] + two[0], one[1] + two[1], one[2] + two[2]


def _lamps() -> Iterator[_Color]:
    yield from (_rgb(light.color) for light in bpy.data.lights if light.users)
    yield from (_rgb(world.color) for world in bpy.data.worlds if world.users)


def _nodes() -> Iterator[tuple[Any, Any]]:
    for owner in [*bpy.data.materials, *bpy.data.worlds, *bpy.data.lights, *bpy.data.node_groups]:
        tree = owner if isinstance(owner, bpy.types.NodeTree) else owner.node_tree
        if owner.users and tree is not None:
            yield from ((owner, node) for node in tree.nodes)


def _colors(node: Any) -> Iterator[_Color]:
    """The colors of a node's inputs, of its color ramp or, for a Color node, of its output."""
    for socket in node.inputs:
        if socket.type == "RGBA" and not socket.is_linked and not socket.name.startswith("Emission"):
            yield _rgb(socket.default_value)
    if node.bl_idname == "ShaderNodeRGB":
        yield _rgb(node.outputs[0].default_value)
    ramp = getattr(node, "color_ramp", None)
    if ramp is not None:
        yield from (_rgb(element.color) for element in ramp.elements)


def _glows(node: Any) -> bool:
    strength = node.inputs.get("Emission Strength")
    return strength is not None and bool(strength.is_linked or strength.default_value > 0)


def _emitted(node: Any) -> Iterator[_Color]:
    socket = node.inputs.get("Emission Color")
    if socket is not None and not socket.is_linked:
        yield _rgb(socket.default_value)


def _rgb(color: Any) -> _Color:
    return round(color[0], 4), round(color[1], 4), round(color[2], 4)
