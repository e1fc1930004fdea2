"""Scenes for the benchmark of bad frames as artists have them: most have textures, so that pink is looked for."""

import random
from collections.abc import Callable

import bad_frames_more_scenes as more
import bpy
from bad_frames_parts import add_lamps, add_sky, add_sun, add_things, new_scene, paint, pick_hue

GOOD = (
    "sky", "night", "flowers", "gradient", "neon", "room", "clouds", "portrait", "nebula", "stage", "candy", "city",
    "product", "titles", "lavender", "landscape", "sea", "clay", "wood", "desert",
)  # fmt: skip
PLANTED = ("unlit", "sun", "lamps", "cloudy", "ground", "glossy")
COUNTS = {
    **dict.fromkeys(GOOD, 52),
    **dict.fromkeys(PLANTED, 12),
    "shade": 24,
    "small": 24,
    "beside": 6,
    **dict.fromkeys(("black", "violet", "collage"), 8),
}
PINK = (*more.PINK, "beside")
_WITH_TEXTURES = 0.75


def landscape(rng: random.Random) -> None:
    """Green hills below a blue sky."""
    scene = new_scene(rng)
    add_sky(scene, (0.7, 0.8, 0.95), (0.2, 0.4, 0.9), rng.uniform(0.3, 1.2))
    add_things(rng, 9, lambda: paint(pick_hue(rng, 0.15, 0.42, (0.3, 0.9), rng.uniform(0.1, 0.6))))
    add_sun(rng, rng.uniform(0, 5), (1, rng.uniform(0.75, 1), rng.uniform(0.5, 1)))


def sea(rng: random.Random) -> None:
    """Smooth blue water that reflects an evening sky."""
    scene = new_scene(rng)
    low, high = pick_hue(rng, 0.9, 1.15, (0.1, 0.7), 1), pick_hue(rng, 0.55, 0.7, (0.3, 0.8), 0.8)
    add_sky(scene, low, high, rng.uniform(0.3, 1))
    bpy.ops.mesh.primitive_plane_add(size=80, location=(0, 0, 0.05))
    water = paint(pick_hue(rng, 0.5, 0.65, (0.4, 0.9), rng.uniform(0.05, 0.4)))
    water.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = rng.uniform(0.05, 0.4)
    bpy.context.object.data.materials.append(water)
    add_things(rng, 4, lambda: paint(pick_hue(rng, 0, 1, (0, 0.7), rng.random())))
    add_sun(rng, rng.uniform(0, 3), (1, rng.uniform(0.5, 0.9), rng.uniform(0.2, 0.7)))


def clay(rng: random.Random) -> None:
    """Grey things in soft light: the look of an unfinished scene."""
    scene = new_scene(rng)
    add_sky(scene, (0.8, 0.8, 0.8), (0.9, 0.9, 0.9), rng.uniform(0.2, 1))
    add_things(rng, 8, lambda: paint((0.7, 0.7, 0.7)))
    add_lamps(rng, 2, lambda: (1, rng.uniform(0.8, 1), rng.uniform(0.7, 1)), (100, 900))


def wood(rng: random.Random) -> None:
    """A warm room: brown, red and orange things, lamps of tungsten."""
    scene = new_scene(rng)
    add_sky(scene, (0.1, 0.08, 0.06), (0.1, 0.1, 0.1))
    add_things(rng, 9, lambda: paint(pick_hue(rng, 0, 0.12, (0.3, 0.95), rng.uniform(0.1, 0.8))))
    add_lamps(rng, 3, lambda: (1, rng.uniform(0.4, 0.8), rng.uniform(0.1, 0.5)), (100, 900))


def desert(rng: random.Random) -> None:
    """Sand and rock with a low sun, and violet shade."""
    scene = new_scene(rng)
    low, high = pick_hue(rng, 0.9, 1.1, (0.1, 0.6), 1), pick_hue(rng, 0.6, 0.8, (0.2, 0.6), 0.8)
    add_sky(scene, low, high, rng.uniform(0.2, 1))
    add_things(rng, 9, lambda: paint(pick_hue(rng, -0.03, 0.12, (0.2, 0.7), rng.uniform(0.3, 0.9))))
    add_sun(rng, rng.uniform(0.5, 5), (1, rng.uniform(0.45, 0.9), rng.uniform(0.15, 0.7)))


def beside(rng: random.Random) -> None:
    """A texture is missing in a scene that has a strong pink of its own."""
    more.small(rng)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.6, location=(rng.uniform(-2, 2), -1, 1))
    bpy.context.object.data.materials.append(paint(pick_hue(rng, 0.8, 0.9, (0.75, 0.9), rng.uniform(0.6, 1))))


def with_picture(make: Callable[[random.Random], None], share: float = 1.0) -> Callable[[random.Random], None]:
    """The scene. In this share of cases its ground has a picture; in the others the picture is only in the file."""

    def made(rng: random.Random) -> None:
        make(rng)
        grounds = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.name.startswith("Plane")]
        if share < 1.0 and (not grounds or rng.random() > share):
            return
        material = _pictured(rng)
        if grounds:
            grounds[0].data.materials.clear()
            grounds[0].data.materials.append(material)

    return made


def _pictured(rng: random.Random) -> bpy.types.Material:
    image = bpy.data.images.new("Ground", 32, 32)
    one, two = pick_hue(rng, 0, 1, (0, 0.6), rng.random()), pick_hue(rng, 0, 1, (0, 0.4), rng.uniform(0.2, 1))
    pixels = [channel for at in range(32 * 32) for channel in (*(one if (at // 4 + at // 128) % 2 else two), 1.0)]
    image.pixels.foreach_set(pixels)
    image.pack()
    material = paint((1, 1, 1))
    texture = material.node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    shader = material.node_tree.nodes["Principled BSDF"]
    material.node_tree.links.new(texture.outputs[0], shader.inputs["Base Color"])
    return material


PLAIN_MAKERS: dict[str, Callable[[random.Random], None]] = {
    **more.MAKERS,
    **{one.__name__: one for one in (landscape, sea, clay, wood, desert, beside)},
}
MAKERS = PLAIN_MAKERS | {name: with_picture(PLAIN_MAKERS[name], _WITH_TEXTURES) for name in GOOD}
