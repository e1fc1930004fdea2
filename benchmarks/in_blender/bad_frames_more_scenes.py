"""More kinds of scenes for the benchmark of bad frames, with seeds of their own."""

import random
from collections.abc import Callable
from typing import Any

import bad_frames_scenes as known
import bpy
from bad_frames_parts import add_lamps, add_sky, add_sun, add_things, missing_texture, new_scene, paint, pick_hue

COUNTS = {
    **dict.fromkeys(("sky", "night", "flowers", "gradient", "neon", "room"), 6),
    **dict.fromkeys(("clouds", "portrait", "nebula", "stage", "candy", "city", "product", "titles"), 7),
    **dict.fromkeys(("unlit", "sun", "lamps", "cloudy", "black", "ground", "glossy"), 7),
    **dict.fromkeys(("collage", "lavender"), 7),
    "shade": 14,
    "small": 14,
}
PINK = (*known.PINK, "ground", "glossy", "shade", "small")


def _noise(tree: Any, low: tuple[float, ...], high: tuple[float, ...], scale: float, target: Any) -> None:
    """Clouds of two colors."""
    noise, ramp = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeValToRGB")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = scale, 8
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.35, 0.65
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*low, 1), (*high, 1)
    tree.links.new(noise.outputs[0], ramp.inputs[0])
    tree.links.new(ramp.outputs[0], target)


def clouds(rng: random.Random) -> None:
    """Pink clouds before a blue or violet evening sky."""
    scene = new_scene(rng)
    scene.camera.rotation_euler.x += rng.uniform(0.1, 0.4)
    add_sky(scene, (0, 0, 0), (0, 0, 0), rng.uniform(0.4, 1.5))
    low, high = pick_hue(rng, 0.58, 0.8, (0.3, 0.8), 0.7), pick_hue(rng, 0.83, 1.05, (0.2, 0.7), 1)
    _noise(scene.world.node_tree, low, high, rng.uniform(2, 6), scene.world.node_tree.nodes["Background"].inputs[0])
    add_things(rng, 3, lambda: paint(pick_hue(rng, 0, 1, (0, 0.5), 0.1)))


def portrait(rng: random.Random) -> None:
    """Skin under warm and rosy light, with a magenta light from behind."""
    scene = new_scene(rng)
    add_sky(scene, (0.05, 0.04, 0.06), (0.02, 0.02, 0.03))
    add_things(rng, 4, lambda: paint(pick_hue(rng, -0.03, 0.08, (0.25, 0.6), rng.uniform(0.3, 0.9))))
    add_lamps(rng, 2, lambda: (1, rng.uniform(0.6, 0.9), rng.uniform(0.5, 0.9)), (200, 800))
    add_lamps(rng, 1, lambda: (1, 0.1, rng.uniform(0.4, 0.9)), (100, 500))


def nebula(rng: random.Random) -> None:
    """Space: black, with glowing fog of magenta, violet and blue."""
    scene = new_scene(rng)
    scene.camera.rotation_euler.x += 0.8
    add_sky(scene, (0, 0, 0), (0, 0, 0), rng.uniform(0.2, 1.5))
    glow = pick_hue(rng, 0.65, 1.0, (0.5, 0.95), rng.uniform(0.3, 1))
    _noise(
        scene.world.node_tree, (0, 0, 0), glow, rng.uniform(1, 5), scene.world.node_tree.nodes["Background"].inputs[0]
    )


def stage(rng: random.Random) -> None:
    """A concert: beams of pink, blue and amber on dark things."""
    scene = new_scene(rng)
    add_sky(scene, (0, 0, 0), (0, 0, 0))
    add_things(rng, 7, lambda: paint(pick_hue(rng, 0, 1, (0, 0.3), rng.uniform(0.1, 0.6))))
    for _ in range(4):
        bpy.ops.object.light_add(
            type="SPOT", location=(rng.uniform(-4, 4), rng.uniform(-5, 0), 6), rotation=(rng.uniform(0, 0.6), 0, 0)
        )
        light = bpy.context.object.data
        light.energy, light.spot_size, light.spot_blend = rng.uniform(300, 3000), rng.uniform(0.3, 0.9), rng.random()
        light.color = rng.choice([(1, 0.05, 0.5), (0.8, 0.1, 1), (0.1, 0.2, 1), (1, 0.5, 0.1)])


def candy(rng: random.Random) -> None:
    """Flat pastel shapes, as in motion graphics."""
    scene = new_scene(rng)
    color = pick_hue(rng, 0.85, 1.0, (0.1, 0.4), 1)
    add_sky(scene, color, color)
    add_things(rng, 12, lambda: paint(pick_hue(rng, 0.7, 1.1, (0.2, 0.7), 1), light=rng.uniform(0.3, 1)))


def city(rng: random.Random) -> None:
    """Night, with many small glowing windows and signs."""
    scene = new_scene(rng)
    scene.view_settings.exposure = rng.uniform(-1.5, 0.5)
    add_sky(scene, pick_hue(rng, 0.6, 0.95, (0.4, 0.8), 0.03), (0, 0, 0.004))
    add_things(rng, 16, lambda: paint(pick_hue(rng, 0, 1, (0, 0.9), 1), light=rng.choice((0, 0, 0.5, 4))))


def product(rng: random.Random) -> None:
    """A pink, lilac or magenta product before white, in a studio's light."""
    scene = new_scene(rng)
    add_sky(scene, (0.9, 0.9, 0.9), (0.9, 0.9, 0.9), rng.uniform(0.3, 1))
    own = rng.uniform(0.76, 0.99)
    add_things(rng, 2, lambda: paint(pick_hue(rng, own, own, (0.3, 0.85), rng.uniform(0.5, 1))))
    add_lamps(rng, 3, lambda: (1, 0.97, 0.94), (100, 600))


def titles(rng: random.Random) -> None:
    """Large letters of one strong color."""
    scene = new_scene(rng)
    dark = pick_hue(rng, 0, 1, (0, 0.9), rng.choice((0, 0.05, 0.8)))
    add_sky(scene, dark, dark)
    bpy.ops.object.text_add(location=(-3.5, 0, 1), rotation=(1.5, 0, 0))
    bpy.context.object.data.body, bpy.context.object.data.size = "TITLE", 3
    bpy.context.object.data.materials.append(paint(pick_hue(rng, 0.72, 1.08, (0.5, 0.88), 1), light=1))


def ground(rng: random.Random) -> None:
    """The texture of the ground is missing."""
    scene = new_scene(rng)
    add_sky(scene, (0.5, 0.6, 0.8), (0.2, 0.4, 0.9), rng.uniform(0.2, 1))
    add_things(rng, 6, lambda: paint(pick_hue(rng, 0, 1, (0, 0.6), rng.random())))
    bpy.ops.mesh.primitive_plane_add(size=12, location=(0, 0, 0.01))
    bpy.context.object.data.materials.append(missing_texture(is_lit=True))
    add_sun(rng, rng.uniform(1, 5), (1, rng.uniform(0.94, 1), rng.uniform(0.9, 1)))


def shade(rng: random.Random) -> None:
    """The texture of the ground, of a wall or of things is missing, under a blue sky alone or with a low sun."""
    scene = new_scene(rng)
    high, haze = pick_hue(rng, 0.55, 0.64, (0.3, 0.8), rng.uniform(0.6, 1)), rng.uniform(0, 0.7)
    low = (high[0] + (1 - high[0]) * haze, high[1] + (1 - high[1]) * haze, high[2] + (1 - high[2]) * haze)
    add_sky(scene, low, high, rng.uniform(0.2, 1.5))
    add_things(rng, 6, lambda: paint(pick_hue(rng, 0, 1, (0, 0.6), rng.random())))
    material, place = missing_texture(is_lit=True), rng.uniform(-2, 2)
    shapes = rng.choice(
        (
            ((bpy.ops.mesh.primitive_plane_add, {"size": 14}, (0, 0, 0.01)),),
            ((bpy.ops.mesh.primitive_cube_add, {"size": 3}, (place, 0, 1.5)),),
            tuple((bpy.ops.mesh.primitive_ico_sphere_add, {}, at) for at in ((-1.5, -2.5, 1.2), (1.2, -1.5, 1.6))),
        )
    )
    for add, size, at in shapes:
        add(location=at, **size)
        bpy.context.object.data.materials.append(material)
    if rng.random() < 0.5:
        warmth = rng.random()
        add_sun(rng, rng.uniform(0.2, 3), (1, 0.95 - 0.45 * warmth, 0.9 - 0.7 * warmth))


def lavender(rng: random.Random) -> None:
    """Violet flowers on a violet field, under a blue sky, most with a sun."""
    scene = new_scene(rng)
    add_sky(scene, (0.6, 0.7, 0.9), (0.2, 0.4, 0.9), rng.uniform(0.3, 1.5))
    add_things(rng, 14, lambda: paint(pick_hue(rng, 0.68, 0.86, (0.3, 0.9), rng.uniform(0.3, 0.9))))
    bpy.ops.mesh.primitive_plane_add(size=14, location=(0, 0, 0.01))
    bpy.context.object.data.materials.append(paint(pick_hue(rng, 0.68, 0.9, (0.3, 0.88), rng.uniform(0.3, 0.9))))
    if rng.random() < 0.6:
        add_sun(rng, rng.uniform(0.5, 4), (1, rng.uniform(0.6, 1), rng.uniform(0.4, 1)))


def glossy(rng: random.Random) -> None:
    """A missing texture on something smooth that reflects its surroundings."""
    scene = known.planted(rng, is_lit=True)
    for material in bpy.data.materials:
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Roughness"].default_value = rng.uniform(0.1, 0.4)
    add_sky(scene, (0.6, 0.6, 0.6), (0.4, 0.4, 0.45), rng.uniform(0.1, 0.5))
    add_sun(rng, rng.uniform(1, 4), (1, 0.97, 0.95))


def small(rng: random.Random) -> None:
    """The texture of one thing is missing, which fills from one to eight hundredths of the frame."""
    scene = new_scene(rng)
    add_things(rng, 7, lambda: paint(pick_hue(rng, 0, 1, (0, 0.6), rng.random())))
    place = (rng.uniform(-1.1, 1.1), -3.5, rng.uniform(1.3, 1.9))
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=3, radius=rng.uniform(0.16, 0.4), location=place)
    bpy.context.object.data.materials.append(missing_texture(is_lit=rng.random() < 0.7))
    add_sky(scene, (0.7, 0.75, 0.8), pick_hue(rng, 0.55, 0.64, (0.0, 0.6), 0.8), rng.uniform(0.2, 1.2))
    if rng.random() < 0.6:
        add_sun(rng, rng.uniform(0.5, 4), (1, rng.uniform(0.7, 1), rng.uniform(0.5, 1)))


def collage(rng: random.Random) -> None:
    """A missing picture in a part of the frame, over a plain color."""

    def edit(strips: Any, path: str) -> None:
        plain: dict[str, Any] = (
            {"length": 10} if hasattr(bpy.types, "Strip") and bpy.app.version >= (5, 0) else {"frame_end": 10}
        )
        below = strips.new_effect(name="Plain", type="COLOR", channel=1, frame_start=1, **plain)
        below.color = pick_hue(rng, 0, 1, (0, 0.9), rng.random())
        strip = strips.new_image("Strip", path, 2, 1)
        strip.blend_type = "ALPHA_OVER"
        strip.transform.scale_x, strip.transform.scale_y = rng.uniform(0.3, 1), rng.uniform(0.3, 1)
        strip.transform.offset_x = rng.uniform(-30, 30)

    known.open_with_missing_strip(edit)


MAKERS: dict[str, Callable[[random.Random], None]] = {
    **known.MAKERS,
    **{
        one.__name__: one
        for one in (
            clouds,
            portrait,
            nebula,
            stage,
            candy,
            city,
            product,
            titles,
            ground,
            shade,
            small,
            lavender,
            glossy,
            collage,
        )
    },
}
