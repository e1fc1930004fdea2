"""Scenes for the benchmark of bad frames that are dark: some for want of any light, some because it is night."""

import random
from collections.abc import Callable

import bpy
from bad_frames_parts import add_things, new_scene, paint, pick_hue

GOOD = ("stars", "window", "fade", "credits")
COUNTS = {**dict.fromkeys(GOOD, 20), "black": 20, "black by EEVEE": 4}
PINK = ()


def stars(rng: random.Random) -> None:
    """A night sky with one star or some, most about a pixel wide."""
    new_scene(rng)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        _glowing(rng, rng.uniform(0.03, 0.06), rng.uniform(0.02, 2))


def window(rng: random.Random) -> None:
    """Things at night, and one lit window far away."""
    new_scene(rng)
    add_things(rng, 8, lambda: paint(pick_hue(rng, 0, 1, (0, 1), rng.random())))
    bpy.ops.mesh.primitive_plane_add(size=rng.uniform(0.1, 0.5), location=(rng.uniform(-1, 1), -3, 1.5))
    bpy.context.object.rotation_euler.x = 1.57
    bpy.context.object.data.materials.append(paint((1, 0.7, 0.4), rng.uniform(0.02, 1)))


def fade(rng: random.Random) -> None:
    """The first frames of a fade-in: a dim thing of a few pixels."""
    new_scene(rng)
    _glowing(rng, rng.uniform(0.06, 0.3), rng.uniform(0.004, 0.03))


def credits(rng: random.Random) -> None:
    """A few tiny letters."""
    new_scene(rng)
    bpy.ops.object.text_add(location=(rng.uniform(-2, 0.5), 0, rng.uniform(0.3, 2)), rotation=(1.45, 0, 0))
    thing = bpy.context.object
    thing.data.body, thing.data.size = rng.choice(("Fin", "THE END", "a film by\nNobody")), rng.uniform(0.12, 0.3)
    thing.data.materials.append(paint((1, 1, 1), rng.uniform(0.05, 1)))


def black(rng: random.Random) -> None:
    """No light at all, denoised in each way there is."""
    scene = new_scene(rng)
    scene.cycles.use_denoising, scene.cycles.samples = True, rng.choice((1, 2, 4, 12, 32))
    scene.cycles.denoising_prefilter = rng.choice(("NONE", "FAST", "ACCURATE"))
    scene.cycles.denoising_input_passes = rng.choice(("RGB", "RGB_ALBEDO", "RGB_ALBEDO_NORMAL"))
    add_things(rng, rng.randrange(1, 15), lambda: _of_any_kind(rng))


def black_by_eevee(rng: random.Random) -> None:
    """No light at all."""
    scene = new_scene(rng)
    scene.render.engine, scene.eevee.taa_render_samples = "BLENDER_EEVEE", 2
    add_things(rng, rng.randrange(1, 5), lambda: _of_any_kind(rng))


def _glowing(rng: random.Random, radius: float, light: float) -> None:
    """A ball somewhere in the picture."""
    at = (rng.uniform(-2.4, 2.4), 0, rng.uniform(-0.2, 2.2))
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, segments=12, ring_count=6, location=at)
    bpy.context.object.data.materials.append(paint(pick_hue(rng, 0, 1, (0, 0.5), 1), light))


def _of_any_kind(rng: random.Random) -> bpy.types.Material:
    """Rough, of metal, or of glass."""
    material = paint(pick_hue(rng, 0, 1, (0, 1), rng.random()))
    shader = material.node_tree.nodes["Principled BSDF"]
    kind = rng.choice(("Metallic", "Transmission Weight", ""))
    if kind:
        shader.inputs[kind].default_value, shader.inputs["Roughness"].default_value = 1, 0.05
    return material


MAKERS: dict[str, Callable[[random.Random], None]] = {
    **{one.__name__: one for one in (stars, window, fade, credits, black)},
    "black by EEVEE": black_by_eevee,
}
