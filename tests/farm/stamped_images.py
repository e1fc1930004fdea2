"""Renders with the farm's worker and by Blender itself, in every format; tells what both wrote. Runs in a Blender.

stamped_images.py -- FOLDER
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import bpy

WORKER = Path(__file__).resolve().parents[2] / "farm" / "worker"
FORMATS = {"PNG": "png", "JPEG": "jpg", "OPEN_EXR": "exr", "OPEN_EXR_MULTILAYER": "exr", "TIFF": "tif", "WEBP": "webp"}
NOTE = "for the client"


def part(name: str) -> Any:
    if "farmhand_worker" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "farmhand_worker", WORKER / "__init__.py", submodule_search_locations=[str(WORKER)]
        )
        sys.modules["farmhand_worker"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["farmhand_worker"])
    return importlib.import_module(f"farmhand_worker.{name}")


def main(folder: Path) -> None:
    answers = {}
    for file_format, ending in FORMATS.items():
        for is_stereo in (False, True):
            scene = _scene(folder, file_format, is_stereo)
            name = f"{file_format}{'-stereo' * is_stereo}"
            scene.render.filepath = str(folder / f"{name}-blender" / "####")
            bpy.ops.render.render(animation=True)
            (theirs,) = (folder / f"{name}-blender").iterdir()
            ours = _rendered(scene, folder / name)
            answers[name] = {
                "has_path": str(folder).encode() in Path(ours).read_bytes(),
                "blender_has_path": str(folder).encode() in theirs.read_bytes(),
                "has_name": b"shot.blend" in Path(ours).read_bytes(),
                "same_pixels": _pixels(ours) == _pixels(str(theirs)),
                "file": ours,
            }
            assert ending in ours
    answers["burnt"] = _burnt(folder)
    (folder / "answers.json").write_text(json.dumps(answers))


def _rendered(scene: Any, folder: Path) -> str:
    names = part("output.output_names").SceneNames.from_scene(scene)
    pictures = part("unreadable").Pictures()
    answer = part("rendering").frame(scene, names, pictures, 1, str(folder))
    return str(folder / answer["files"][0]["relativePath"])


def _burnt(folder: Path) -> dict[str, Any]:
    """Stamps in the picture: the farm's against Blender's own with the same lines typed as a note."""
    found = {}
    for name, note, labels in (("plain", "", True), ("note", NOTE, True), ("bare", NOTE, False)):
        scene = _scene(folder, "PNG", False)
        render = scene.render
        for each in (item for item in dir(render) if item.startswith("use_stamp_")):
            setattr(render, each, False)
        render.use_stamp = render.use_stamp_filename = True
        render.use_stamp_labels, render.use_stamp_note, render.stamp_note_text = labels, bool(note), note
        ours = _rendered(scene, folder / f"burnt-{name}")
        again = _rendered(scene, folder / f"burnt-{name}-again")
        assert render.use_stamp_filename and render.stamp_note_text == note
        lines = ["File shot.blend" if labels else "shot.blend", *([note] if note else [])]
        render.use_stamp_filename, render.use_stamp_note = False, True
        render.stamp_note_text = "\n".join(lines)
        render.filepath = str(folder / f"burnt-{name}-blender.png")
        bpy.ops.render.render(write_still=True)
        theirs = _pixels(render.filepath)
        found[name] = {
            "file": ours,
            "same": _pixels(ours) == _pixels(again) == theirs,
            "is_drawn": len(set(theirs)) > 2,
        }
    return found


def _scene(folder: Path, file_format: str, is_stereo: bool) -> Any:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y = 240, 90
    scene.frame_start = scene.frame_end = 1
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE" if "MULTILAYER" in file_format else "IMAGE"
    image.file_format = file_format
    scene.render.use_multiview = is_stereo
    if is_stereo:
        scene.render.views_format = "STEREO_3D"
        image.views_format = "MULTIVIEW" if "EXR" in file_format else "STEREO_3D"
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    return bpy.context.scene


def _pixels(path: str) -> list[float]:
    image = bpy.data.images.load(path)
    size = tuple(image.size)
    found = list(image.pixels) if all(size) else [0.0, 1.0]
    bpy.data.images.remove(image)
    return [*size, *found]


if __name__ == "__main__":
    try:
        main(Path(sys.argv[sys.argv.index("--") + 1]))
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
