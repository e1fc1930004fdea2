"""What the tests have a Blender do; one JSON order in, one JSON answer out.

    blender -b … --python do_in_blender.py -- ORDER.json      or      python-with-bpy do_in_blender.py -- ORDER.json

The order: {"answer": FILE, "do": [[NAME, ARGUMENT, …], …]}; the answer: one result for each.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import as_program

ROOT = Path(__file__).resolve().parents[2]


# What a Blender warns of, such as names that go with the next one, is an error where our own code does it.
warnings.filterwarnings("error", module=r"farmhand\b")


def part(name: str) -> Any:
    if "farmhand" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "farmhand", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        sys.modules["farmhand"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["farmhand"])
    return importlib.import_module(f"farmhand.{name}")


def open_blend(blend: str) -> None:
    """Blender reports an error for a linked file that it cannot read, too, and has opened this one all the same."""
    try:
        bpy.ops.wm.open_mainfile(filepath=blend, load_ui=False, use_scripts=False)
    except RuntimeError:
        if bpy.data.filepath != blend:
            raise


def opens(blend: str) -> bool:
    try:
        open_blend(blend)
    except RuntimeError:
        return False
    return True


def scan(blend: str, frames: list[int], scene: str = "") -> dict[str, Any]:
    open_blend(blend)
    found = part("scene.scan").scan(bpy.data.scenes[scene] if scene else bpy.context.scene, frames)
    return {
        "files": sorted({file for one in found for file in one.files}),
        "missing": sorted({file for one in found for file in one.missing}),
        "kinds": {one.path: one.kind for one in found},
        "reasons": {one.path: one.reason for one in found},
    }


def check(blend: str, request: dict[str, Any]) -> dict[str, Any]:
    open_blend(blend)
    return part("scene.dry_run").dry_run(part("scene.request.request").SubmitRequest.from_mapping(request)).as_json()


def pack(blend: str, jobs: str, request: dict[str, Any]) -> dict[str, Any]:
    open_blend(blend)
    wanted = part("scene.request.request").SubmitRequest.from_mapping(request)
    packing = part("scene.packing.package").make(wanted, Path(jobs), part("scene.dry_run").dry_run(wanted))
    packing.wait()
    return {"folder": str(packing.folder), "problem": str(packing.problem or "")}


def render(blend: str, frame: int, target: str) -> str:
    open_blend(blend)
    scene = bpy.context.scene
    scene.frame_set(frame)
    scene.render.filepath = target
    scene.render.image_settings.views_format = "STEREO_3D"  # both eyes in one file
    scene.render.image_settings.file_format = "PNG"
    bpy.ops.render.render(write_still=True)
    return target


def render_marked(blend: str, frames: list[int], target: str, mark: str) -> None:
    """Render the frames; who watches the system's calls sees the mark, which is no file, before and after them."""
    open_blend(blend)
    scene = bpy.context.scene
    scene.render.filepath = target
    scene.render.image_settings.views_format = "STEREO_3D"
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format = "PNG"
    scene.frame_start, scene.frame_end = frames[0], frames[-1]
    _try_to_open(mark)
    bpy.ops.render.render(animation=True)
    _try_to_open(f"{mark}/end")


def _try_to_open(path: str) -> None:
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDONLY))


def chosen(blend: str) -> dict[str, Any]:
    open_blend(blend)
    scene = bpy.context.scene
    return {
        "scene": scene.name,
        "camera": scene.camera.name,
        "layers": [layer.name for layer in scene.view_layers if layer.use],
    }


def main(order_file: Path) -> None:
    order = json.loads(order_file.read_text())
    answers = [globals()[name](*arguments) for name, *arguments in order["do"]]
    Path(order["answer"]).write_text(json.dumps(answers))


if __name__ == "__main__":
    as_program.run(main)
