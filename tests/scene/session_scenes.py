"""Packs from an open session, and says what of the session has changed. Runs in a Blender."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import as_program
import do_in_blender
import making


def main(folder: Path) -> None:
    thing = making.plane()
    making.paint(thing, bpy.data.images.load(str(making.image_file(folder / "wood.png"))))
    making.save(folder / "scene.blend")
    bpy.data.use_autopack = True
    history = _history()
    before = _state()
    packings = [_packed(folder) for _ in range(2)]
    answer = {
        "before": before,
        "after": _state(),
        "paths": sorted(entry.path for entry in do_in_blender.part("jobs.folder.manifest").read(packings[0].folder)),
        "copies": [(packing.folder / "package.blend").read_bytes().hex() for packing in packings],
        "undone": _undo(history),
        "camera": _camera_of_frame(folder),
        "style_module": _style_module(folder),
    }
    (folder / "answer.json").write_text(json.dumps(answer))


def _camera_of_frame(folder: Path) -> str:
    """Which camera renders in the package, when another one was chosen than that of a marker."""
    making.plane()
    scene = bpy.context.scene
    side = bpy.data.objects.new("Side", bpy.data.cameras.new("Side"))
    scene.collection.objects.link(side)
    scene.timeline_markers.new("Cut", frame=2).camera = scene.camera
    making.save(folder / "marked.blend")
    do_in_blender.open_blend(str(_packed(folder, camera="Side").folder / "package.blend"))
    bpy.context.scene.frame_set(3)
    return str(bpy.context.scene.camera.name)


def _style_module(folder: Path) -> list[bool]:
    """A file was opened without its scripts: does a render run Freestyle's style module, does it say it did not?"""
    making.plane()
    scene, layer, trace = bpy.context.scene, bpy.context.view_layer, folder / "trace"
    scene.render.use_freestyle = layer.use_freestyle = True
    layer.freestyle_settings.mode = "SCRIPT"
    text = bpy.data.texts.new("style.py")
    text.write(f"open({str(trace)!r}, 'w').close()")
    layer.freestyle_settings.modules.new().script = text
    do_in_blender.render(str(making.save(folder / "style.blend")), 3, str(folder / "style.png"))
    return [trace.exists(), bpy.app.autoexec_fail]


def _packed(folder: Path, **members: Any) -> Any:
    request = do_in_blender.part("scene.request.request").SubmitRequest(output=str(folder / "frames"), **members)
    packing = do_in_blender.part("scene.packing.package").start(request, folder / "jobs")
    packing.wait()
    assert packing.problem is None
    return packing


def _state() -> dict[str, Any]:
    recent = Path(bpy.utils.user_resource("CONFIG"), "recent-files.txt")
    return {
        "file": bpy.data.filepath,
        "dirty": bpy.data.is_dirty,
        "autopack": bpy.data.use_autopack,
        "images": [[image.name, image.filepath, image.packed_file is not None] for image in bpy.data.images],
        "blocks": sorted(str(block) for block in bpy.data.user_map()),
        "recent": recent.read_text() if recent.exists() else "",
        "selected": [thing.name for thing in bpy.context.selected_objects],
    }


def _history() -> bool:
    """A step that can be undone, where a Blender without a window keeps any."""
    if not bpy.ops.ed.undo_push.poll():
        return False
    bpy.ops.ed.undo_push(message="before")
    bpy.context.scene.frame_current = 77
    bpy.ops.ed.undo_push(message="after")
    return True


def _undo(has_history: bool) -> int | None:
    """The frame of the step before; None where there are no steps."""
    if not has_history or not bpy.ops.ed.undo.poll():
        return None
    bpy.ops.ed.undo()
    return int(bpy.context.scene.frame_current)


if __name__ == "__main__":
    as_program.run(main)
