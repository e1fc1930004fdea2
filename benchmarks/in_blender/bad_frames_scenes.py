"""Scenes for the benchmark of bad frames: good ones of many kinds, and ones with a planted fault."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from bad_frames_parts import add_lamps, add_sky, add_sun, add_things, missing_texture, new_scene, paint, pick_hue

COUNTS = {
    "sky": 50,
    "night": 40,
    "flowers": 50,
    "gradient": 30,
    "neon": 20,
    "room": 30,
    "unlit": 12,
    "sun": 16,
    "lamps": 16,
    "cloudy": 12,
    "black": 10,
    "violet": 5,
}
"""How many of each are made."""
PINK = ("unlit", "sun", "lamps", "cloudy")


def sky(rng: random.Random) -> None:
    """Evening skies, from orange through pink and mauve to blue."""
    scene = new_scene(rng)
    scene.camera.rotation_euler.x += rng.uniform(0, 0.3)
    low, high = (
        pick_hue(rng, 0.78, 1.1, (0.2, 0.8), rng.uniform(0.4, 1)),
        pick_hue(rng, 0.55, 0.95, (0.2, 0.9), rng.random()),
    )
    add_sky(scene, low, high)
    add_things(rng, 4, lambda: paint(pick_hue(rng, 0, 1, (0, 0.6), 0.4)))
    add_sun(rng, rng.uniform(0, 3), (1, 0.7, 0.5))


def night(rng: random.Random) -> None:
    """Little light: some frames are nearly black."""
    scene = new_scene(rng)
    scene.view_settings.exposure = rng.uniform(-3, 0)
    add_sky(scene, pick_hue(rng, 0.55, 0.85, (0.3, 0.9), 0.01), (0, 0, 0.002), rng.uniform(0.2, 2))
    add_things(rng, 8, lambda: paint(pick_hue(rng, 0, 1, (0, 1), rng.random())))
    add_lamps(rng, rng.randrange(1, 4), lambda: pick_hue(rng, 0, 1, (0, 0.8), 1), (2, 60))


def flowers(rng: random.Random) -> None:
    """Petals of pink, lilac and purple in the sun."""
    scene = new_scene(rng)
    add_sky(scene, (0.6, 0.7, 0.9), (0.2, 0.4, 0.9), rng.uniform(0.3, 1))
    own = rng.uniform(0.76, 0.98)
    strength = rng.uniform(0.25, 0.85)
    add_things(
        rng, 14, lambda: paint(pick_hue(rng, own - 0.03, own + 0.03, (strength - 0.2, strength), rng.uniform(0.4, 0.9)))
    )
    add_sun(rng, rng.uniform(1, 5), (1, 0.95, 0.85))


def gradient(rng: random.Random) -> None:
    """Backgrounds of motion graphics: nothing but two colors that blend."""
    scene = new_scene(rng)
    scene.camera.rotation_euler.x += 0.3
    low, high = pick_hue(rng, 0.72, 1.05, (0.1, 0.95), rng.random()), pick_hue(rng, 0.6, 1.1, (0.1, 0.95), rng.random())
    add_sky(scene, low, high, rng.uniform(0.5, 2))


def neon(rng: random.Random) -> None:
    """A club in hot pink and violet light."""
    scene = new_scene(rng)
    add_sky(scene, (0.01, 0.01, 0.02), (0, 0, 0))
    add_things(rng, 8, lambda: paint(pick_hue(rng, 0, 1, (0, 0.4), rng.uniform(0.2, 0.8))))
    add_lamps(rng, 3, lambda: rng.choice([(1, 0.05, 0.45), (0.4, 0.05, 1), (0.1, 0.3, 1), (1, 0.3, 0.1)]), (100, 900))


def room(rng: random.Random) -> None:
    """Things of every color in white light."""
    scene = new_scene(rng)
    add_sky(scene, (0.5, 0.5, 0.5), (0.8, 0.8, 0.8), rng.uniform(0.1, 1))
    add_things(rng, 10, lambda: paint(pick_hue(rng, 0, 1, (0, 0.9), rng.random())))
    add_lamps(rng, 2, lambda: (1, 0.9, 0.8), (100, 900))


def planted(rng: random.Random, *, is_lit: bool) -> bpy.types.Scene:
    scene = new_scene(rng)
    add_things(rng, 5, lambda: paint(pick_hue(rng, 0, 1, (0, 0.6), rng.random())))
    material = missing_texture(is_lit=is_lit)
    for place in ((-1.5, -2.5, 1.2), (1.2, -1.5, 1.6)):
        rng.choice((bpy.ops.mesh.primitive_cube_add, bpy.ops.mesh.primitive_ico_sphere_add))(location=place)
        bpy.context.object.data.materials.append(material)
    return scene


def unlit(rng: random.Random) -> None:
    add_sky(planted(rng, is_lit=False), (0.5, 0.6, 0.8), (0.3, 0.4, 0.8), rng.uniform(0.1, 1))


def sun(rng: random.Random) -> None:
    add_sky(planted(rng, is_lit=True), (0.3, 0.3, 0.3), (0.3, 0.3, 0.35), rng.uniform(0.1, 1))
    add_sun(rng, rng.uniform(1, 6), (1, rng.uniform(0.93, 1), rng.uniform(0.88, 1)))


def lamps(rng: random.Random) -> None:
    add_sky(planted(rng, is_lit=True), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))
    add_lamps(rng, 3, lambda: (1, rng.uniform(0.92, 1), rng.uniform(0.86, 1)), (150, 900))


def cloudy(rng: random.Random) -> None:
    add_sky(planted(rng, is_lit=True), (0.9, 0.95, 1), (0.85, 0.92, 1), rng.uniform(0.4, 2))


def black(rng: random.Random) -> None:
    """No light at all, with dithering from none to the most."""
    scene = new_scene(rng)
    scene.render.dither_intensity = rng.choice((0.0, 0.5, 1.0, 1.0, 1.5, 2.0))
    add_things(rng, 3, lambda: paint((0.5, 0.5, 0.5)))


def violet(rng: random.Random) -> None:
    """A strip of the Video Sequencer whose picture is missing."""
    open_with_missing_strip(lambda strips, path: strips.new_image("Strip", path, 1, 1))


def open_with_missing_strip(edit: Callable[[Any, str], Any]) -> None:
    """Open a Video Sequencer's file after the picture that `edit` was given is gone."""
    new_scene(random.Random(0))
    editor = bpy.context.scene.sequence_editor_create()
    with tempfile.TemporaryDirectory() as folder:
        image = bpy.data.images.new("Strip", 160, 90)
        image.filepath_raw, image.file_format = f"{folder}/strip.png", "PNG"
        image.save()
        edit(editor.strips if hasattr(editor, "strips") else editor.sequences, image.filepath_raw)
        blend = f"{folder}/edit.blend"
        bpy.ops.wm.save_as_mainfile(filepath=blend)
        Path(folder, "strip.png").unlink()
        bpy.ops.wm.open_mainfile(filepath=blend)


MAKERS: dict[str, Callable[[random.Random], None]] = {
    one.__name__: one for one in (sky, night, flowers, gradient, neon, room, unlit, sun, lamps, cloudy, black, violet)
}
