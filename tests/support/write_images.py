"""Saves images as Blender does, from noise and from one color: run by a Blender, or by a Python that has bpy.

write_images.py -- FOLDER FORMAT:SUFFIX…   each in three sizes
"""

import contextlib
import os
import sys
from pathlib import Path

import bpy
import numpy

SIZES = ((7, 3), (8, 5), (300, 70))


def main(folder: Path, kinds: list[str]) -> None:
    scene = bpy.context.scene
    output = scene.render.image_settings
    for kind in kinds:
        name, _, suffix = kind.partition(":")
        output.file_format = name
        for mode in ("BW", "RGB", "RGBA"):
            with contextlib.suppress(TypeError):  # Radiance has no alpha
                output.color_mode = mode
            for width, height in SIZES:
                noise = numpy.random.default_rng(1).random(width * height * 4, dtype=numpy.float32)
                noise[: len(noise) // 3] = 0.25
                image = bpy.data.images.new("noise", width, height, alpha=True, float_buffer=True)
                image.pixels.foreach_set(noise)
                image.save_render(str(folder / f"{name}-{mode}-{width}x{height}{suffix}"), scene=scene)


if __name__ == "__main__":
    folder, *kinds = sys.argv[sys.argv.index("--") + 1 :]
    main(Path(folder), kinds)
    sys.stdout.flush()
    os._exit(0)
