"""Scenes that each have one thing wrong; says which findings the dry run makes of them.  Runs in a Blender."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import cache_projects
import do_in_blender
import library_projects
import making


def nothing_wrong(_folder: Path) -> None:
    making.plane()


def no_camera(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.camera = None


def no_layer_in_use(_folder: Path) -> None:
    making.plane()
    bpy.context.view_layer.use = False


def endless_range(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.frame_end = 100_000


def movie(_folder: Path) -> None:
    making.plane()
    image = bpy.context.scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"


def missing_texture(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "gone.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    file.unlink()


def missing_library(folder: Path) -> None:
    library_projects.library_with_absolute_paths(folder)
    (folder / "assets" / "sheet.blend").unlink()
    do_in_blender.open_blend(bpy.data.filepath)


def broken_usd(folder: Path) -> None:
    _cached(folder / "shot.usdc", b"PXR-USDC" + bytes(200))


def missing_usd_layer(folder: Path) -> None:
    _cached(folder / "shot.usda", b'#usda 1.0\ndef "a" (references = @./gone.usda@)\n{\n}\n')


def _cached(file: Path, content: bytes) -> None:
    thing = making.plane()
    file.write_bytes(content)
    bpy.ops.cachefile.open(filepath=str(file))
    thing.modifiers.new("Shot", "MESH_SEQUENCE_CACHE").cache_file = bpy.data.cache_files[0]


def unbaked_cloth(_folder: Path) -> None:
    making.plane().modifiers.new("Cloth", "CLOTH")


def partly_baked_cloth(folder: Path) -> None:
    cache_projects.point_cache(folder)
    bpy.context.scene.frame_end = 50


def unsaved_relative_output(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.render.filepath = "//frames/"


def python_driver(_folder: Path) -> None:
    thing = making.plane()
    thing.driver_add("location", 0).driver.expression = "__import__('math').pi"


def script_at_start(_folder: Path) -> None:
    making.plane()
    bpy.data.texts.new("rig_ui.py").use_module = True


def windows_path(_folder: Path) -> None:
    thing = making.plane()
    image = bpy.data.images.new("far", 4, 4)
    image.source = "FILE"
    image.filepath_raw = "C:\\textures\\wood.png"
    making.paint(thing, image)


def bad_name(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "what?.png")
    making.paint(thing, bpy.data.images.load(str(file)))


def stereo(_folder: Path) -> None:
    making.plane()
    bpy.context.scene.render.use_multiview = True


SCENES: tuple[Callable[[Path], Any], ...] = (
    nothing_wrong,
    no_camera,
    no_layer_in_use,
    endless_range,
    movie,
    missing_texture,
    missing_library,
    broken_usd,
    missing_usd_layer,
    unbaked_cloth,
    partly_baked_cloth,
    unsaved_relative_output,
    python_driver,
    script_at_start,
    windows_path,
    bad_name,
    stereo,
)


def main(folder: Path) -> None:
    answers = {}
    for make in SCENES:
        (folder / make.__name__).mkdir()
        make(folder / make.__name__)
        checked = do_in_blender.part("scene.dry_run").dry_run(do_in_blender.part("scene.request").SubmitRequest())
        answers[make.__name__] = {
            "codes": sorted({f"{one.severity} {one.code}" for one in checked.findings}),
            "config": checked.render_config,
            "dirty": bpy.data.is_dirty,
        }
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[sys.argv.index("--") + 1]))
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
