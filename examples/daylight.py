"""A day in 24 frames: one frame an hour. Sun and moon, sky, lit windows, turning sails, drifting clouds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import bpy

FRAMES = 24
FIRST_HOUR = 4
SUNRISE, SUNSET = 4.5, 21.5
Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """What the sky does at one hour. lamp: color and strength of sun or moon; glow: of the windows."""

    hour: float
    zenith: Color
    horizon: Color
    lamp: Color
    strength: float
    glow: float


CLOUDS = ((-5.2, 1.5, 2.6), (5.4, 3.0, 2.9), (4.6, -1.5, -2.0), (-4.6, -0.5, -2.3))
DAY = (
    Light(0, (0.014, 0.024, 0.075), (0.045, 0.070, 0.170), (0.50, 0.64, 1.00), 1.50, 9.0),
    Light(3.9, (0.020, 0.030, 0.085), (0.110, 0.090, 0.170), (0.50, 0.64, 1.00), 1.40, 9.0),
    Light(5, (0.110, 0.150, 0.330), (0.800, 0.360, 0.240), (1.00, 0.45, 0.20), 1.60, 4.0),
    Light(7, (0.220, 0.380, 0.720), (0.900, 0.640, 0.420), (1.00, 0.72, 0.45), 3.20, 0.0),
    Light(10, (0.200, 0.440, 0.860), (0.620, 0.760, 0.900), (1.00, 0.93, 0.82), 4.20, 0.0),
    Light(14, (0.190, 0.430, 0.880), (0.600, 0.760, 0.920), (1.00, 0.95, 0.86), 4.40, 0.0),
    Light(18, (0.220, 0.370, 0.720), (0.900, 0.680, 0.400), (1.00, 0.75, 0.42), 3.60, 0.0),
    Light(20, (0.160, 0.180, 0.420), (0.950, 0.420, 0.190), (1.00, 0.42, 0.16), 2.40, 3.0),
    Light(21.2, (0.060, 0.060, 0.190), (0.480, 0.180, 0.200), (0.90, 0.40, 0.35), 0.90, 7.0),
    Light(22, (0.020, 0.028, 0.080), (0.090, 0.080, 0.160), (0.50, 0.64, 1.00), 1.40, 9.0),
    Light(24, (0.014, 0.024, 0.075), (0.045, 0.070, 0.170), (0.50, 0.64, 1.00), 1.50, 9.0),
)


def animate(
    scene: bpy.types.Scene,
    lamp: bpy.types.Object,
    window: bpy.types.Material,
    rotor: bpy.types.Object,
    clouds: Sequence[bpy.types.Object],
) -> None:
    """Key everything that moves on each frame; the 25th would be the first again."""
    scene.world = _sky()
    for frame in range(1, FRAMES + 1):
        hour = (FIRST_HOUR + frame - 1) % 24
        _key_light(frame, _light_at(hour), scene.world, lamp, window)
        lamp.rotation_euler = _lamp_rotation(hour)
        lamp.keyframe_insert("rotation_euler", frame=frame)
        turn = (frame - 1) / FRAMES
        rotor.rotation_euler.y = turn * math.pi / 2
        rotor.keyframe_insert("rotation_euler", index=1, frame=frame)
        for cloud, start in zip(clouds, CLOUDS, strict=True):
            cloud.location = start
            cloud.location.x += 1.6 * math.sin(2 * math.pi * turn + start[1])
            cloud.keyframe_insert("location", frame=frame)


def _sky() -> bpy.types.World:
    """From horizon to zenith by the height of the view; what lies below the island is haze."""
    world = bpy.data.worlds.new("Sky")
    if not world.node_tree:
        world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    place, split = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeSeparateXYZ")
    spread, mix = nodes.new("ShaderNodeMapRange"), nodes.new("ShaderNodeMix")
    zenith, horizon = nodes.new("ShaderNodeRGB"), nodes.new("ShaderNodeRGB")
    zenith.name, horizon.name, mix.data_type = "Zenith", "Horizon", "RGBA"
    spread.inputs["From Min"].default_value, spread.inputs["From Max"].default_value = -0.50, -0.12
    links.new(place.outputs["Generated"], split.inputs["Vector"])
    links.new(split.outputs["Z"], spread.inputs["Value"])
    factor, low, high = mix.inputs[0], mix.inputs[6], mix.inputs[7]
    links.new(spread.outputs["Result"], factor)
    links.new(horizon.outputs[0], low)
    links.new(zenith.outputs[0], high)
    links.new(mix.outputs[2], nodes["Background"].inputs["Color"])
    return world


def _key_light(
    frame: int, light: Light, world: bpy.types.World, lamp: bpy.types.Object, window: bpy.types.Material
) -> None:
    """Key outputs of value nodes: a shader's inputs change their numbers, and so lose their keys, between versions."""
    zenith, horizon = (world.node_tree.nodes[name].outputs[0] for name in ("Zenith", "Horizon"))
    glow = window.node_tree.nodes["Glow"].outputs[0]
    zenith.default_value, horizon.default_value = (*light.zenith, 1), (*light.horizon, 1)
    lamp.data.color, lamp.data.energy = light.lamp, light.strength
    glow.default_value = light.glow
    for owner, path in (
        (zenith, "default_value"),
        (horizon, "default_value"),
        (lamp.data, "color"),
        (lamp.data, "energy"),
        (glow, "default_value"),
    ):
        owner.keyframe_insert(path, frame=frame)


def _light_at(hour: float) -> Light:
    after = next(i for i, light in enumerate(DAY) if light.hour >= hour and i > 0)
    a, b = DAY[after - 1], DAY[after]
    part = (hour - a.hour) / (b.hour - a.hour)

    def between(x: float, y: float) -> float:
        return x + (y - x) * part

    def color(x: Color, y: Color) -> Color:
        return between(x[0], y[0]), between(x[1], y[1]), between(x[2], y[2])

    return Light(
        hour,
        color(a.zenith, b.zenith),
        color(a.horizon, b.horizon),
        color(a.lamp, b.lamp),
        between(a.strength, b.strength),
        between(a.glow, b.glow),
    )


def _lamp_rotation(hour: float) -> Color:
    """The sun rises on the left, stands high in front and sets on the right; by night it is the moon."""
    if SUNRISE <= hour <= SUNSET:
        day = (hour - SUNRISE) / (SUNSET - SUNRISE)
        height = math.radians(8 + 47 * math.sin(math.pi * day))
        side = math.radians(-78 + 156 * day)
    else:
        height, side = math.radians(42), math.radians(-35)
    return math.pi / 2 - height, 0.0, side
