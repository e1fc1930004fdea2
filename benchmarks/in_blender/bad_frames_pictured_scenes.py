"""Scenes for the benchmark of bad frames that all have a picture: pink is looked for in each."""

import random
from collections.abc import Callable

import bad_frames_textured_scenes as textured
from bad_frames_parts import add_lamps, add_sky, add_sun, add_things, new_scene, paint, pick_hue

_GOOD = (*textured.GOOD, "blue", "sunset", "magenta")
COUNTS = {
    **dict.fromkeys(_GOOD, 24),
    **dict.fromkeys((*textured.PLANTED, "shade", "small"), 24),
    **dict.fromkeys(("beside", "black", "violet", "collage"), 4),
}
PINK = textured.PINK


def blue(rng: random.Random) -> None:
    """Pink, lilac and violet things in the shade under a deep blue sky."""
    scene = new_scene(rng)
    high = pick_hue(rng, 0.55, 0.68, (0.5, 0.95), rng.uniform(0.4, 1))
    add_sky(scene, pick_hue(rng, 0.55, 0.66, (0.1, 0.8), rng.uniform(0.5, 1)), high, rng.uniform(0.2, 1.5))
    strength = rng.uniform(0.3, 0.9)
    add_things(rng, 9, lambda: paint(pick_hue(rng, 0.72, 1.0, (strength - 0.2, strength), rng.uniform(0.2, 1))))


def sunset(rng: random.Random) -> None:
    """A low red sun under a sky of pink, violet and blue, on things of all colors that shine."""
    scene = new_scene(rng)
    low, high = pick_hue(rng, 0.85, 1.1, (0.3, 0.9), 1), pick_hue(rng, 0.58, 0.82, (0.4, 0.9), rng.uniform(0.2, 0.8))
    add_sky(scene, low, high, rng.uniform(0.2, 1.2))
    add_things(rng, 8, lambda: paint(pick_hue(rng, 0, 1, (0, 0.7), rng.uniform(0.1, 0.9))))
    add_sun(rng, rng.uniform(0.5, 5), (1, rng.uniform(0.3, 0.7), rng.uniform(0.05, 0.5)))


def magenta(rng: random.Random) -> None:
    """A white or blue room with one or two lamps of magenta."""
    scene = new_scene(rng)
    color = pick_hue(rng, 0.55, 0.7, (0, 0.8), rng.uniform(0.02, 0.5))
    add_sky(scene, color, color)
    add_things(rng, 8, lambda: paint(pick_hue(rng, 0, 1, (0, 0.5), rng.uniform(0.2, 0.9))))
    add_lamps(rng, rng.randrange(1, 3), lambda: pick_hue(rng, 0.78, 0.94, (0.6, 1), 1), (50, 900))
    add_lamps(rng, 1, lambda: (1, rng.uniform(0.8, 1), rng.uniform(0.6, 1)), (50, 600))


MAKERS: dict[str, Callable[[random.Random], None]] = {
    **textured.MAKERS,
    **{name: textured.with_picture(make) for name, make in textured.PLAIN_MAKERS.items() if name in _GOOD},
    **{make.__name__: textured.with_picture(make) for make in (blue, sunset, magenta)},
}
