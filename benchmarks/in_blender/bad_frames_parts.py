"""Building blocks of the scenes for the benchmark of bad frames; run by a Python that has bpy."""

import colorsys
import math
import random
from collections.abc import Callable

import bpy

Color = tuple[float, float, float]


def new_scene(rng: random.Random) -> bpy.types.Scene:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 12, rng.random() < 0.6
    scene.cycles.max_bounces = 3
    scene.view_settings.exposure = rng.uniform(-0.7, 0.7)
    bpy.ops.object.camera_add(location=(0, -8, 2), rotation=(math.radians(83), 0, 0))
    scene.camera = bpy.context.object
    return scene


def add_sky(scene: bpy.types.Scene, low: Color, high: Color, strength: float = 1.0) -> None:
    """A sky that goes from one color at the horizon to another at the zenith."""
    world = scene.world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    place, apart, ramp = (
        nodes.new("ShaderNodeTexCoord"),
        nodes.new("ShaderNodeSeparateXYZ"),
        nodes.new("ShaderNodeValToRGB"),
    )
    links.new(place.outputs["Generated"], apart.inputs[0])
    links.new(apart.outputs[2], ramp.inputs[0])
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*low, 1), (*high, 1)
    ramp.color_ramp.elements[1].position = 0.5
    sky = nodes["Background"]
    sky.inputs[1].default_value = strength
    links.new(ramp.outputs[0], sky.inputs[0])


def pick_hue(rng: random.Random, low: float, high: float, saturation: tuple[float, float], value: float) -> Color:
    return colorsys.hsv_to_rgb(rng.uniform(low, high) % 1, rng.uniform(*saturation), value)


def paint(color: Color, light: float = 0.0) -> bpy.types.Material:
    material = bpy.data.materials.new("Paint")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    if light:
        shader.inputs["Emission Color"].default_value = (*color, 1)
        shader.inputs["Emission Strength"].default_value = light
    return material


def missing_texture(*, is_lit: bool) -> bpy.types.Material:
    """A material whose texture is missing."""
    material = paint((1, 1, 1))
    nodes, links = material.node_tree.nodes, material.node_tree.links
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.new("Lost", 8, 8)
    texture.image.source, texture.image.filepath = "FILE", "//nowhere/lost.png"
    shader = nodes["Principled BSDF"]
    links.new(texture.outputs[0], shader.inputs["Base Color"])
    if not is_lit:
        light = nodes.new("ShaderNodeEmission")
        links.new(texture.outputs[0], light.inputs[0])
        links.new(light.outputs[0], nodes["Material Output"].inputs[0])
    return material


def add_things(rng: random.Random, count: int, material: Callable[[], bpy.types.Material]) -> None:
    """A ground, and things of several shapes on it."""
    bpy.ops.mesh.primitive_plane_add(size=60)
    bpy.context.object.data.materials.append(paint(pick_hue(rng, 0, 1, (0.0, 0.5), rng.uniform(0.1, 0.7))))
    shapes = (
        lambda **at: bpy.ops.mesh.primitive_uv_sphere_add(radius=0.8, **at),
        lambda **at: bpy.ops.mesh.primitive_cube_add(size=1.4, **at),
        lambda **at: bpy.ops.mesh.primitive_monkey_add(size=1.8, **at),
    )
    for _ in range(count):
        turn = (rng.uniform(-0.4, 0.4), 0, rng.uniform(0, 6))
        rng.choice(shapes)(location=(rng.uniform(-4, 4), rng.uniform(-3, 5), rng.uniform(0.4, 2.8)), rotation=turn)
        bpy.context.object.data.materials.append(material())


def add_sun(rng: random.Random, energy: float, color: Color = (1, 1, 1)) -> None:
    bpy.ops.object.light_add(type="SUN", rotation=(rng.uniform(0.2, 1.2), 0, rng.uniform(0, 6)))
    bpy.context.object.data.energy, bpy.context.object.data.color = energy, color


def add_lamps(rng: random.Random, count: int, color: Callable[[], Color], power: tuple[float, float]) -> None:
    for _ in range(count):
        bpy.ops.object.light_add(type="POINT", location=(rng.uniform(-4, 4), rng.uniform(-4, 3), rng.uniform(2, 4)))
        bpy.context.object.data.energy, bpy.context.object.data.color = rng.uniform(*power), color()
