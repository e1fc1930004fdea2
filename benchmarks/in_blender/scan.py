"""Makes the scene of scan.py, or times the scan of it; runs in a Python with bpy.

scan.py make BLEND OBJECTS ANIMATED      or      scan.py time BLEND ROOT
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import bpy

FRAMES = range(1, 241)
MATERIALS = 200


def make(blend: Path, objects: int, animated: int) -> None:
    """Half of the animated ones appear and disappear; some follow others by drivers."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = FRAMES[0], FRAMES[-1]
    mesh = bpy.data.meshes.new("Triangle")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    materials = [_material(blend.parent, number) for number in range(MATERIALS)]
    for number in range(objects):
        thing = bpy.data.objects.new(f"Thing {number}", mesh.copy() if number % 5 == 0 else mesh)
        scene.collection.objects.link(thing)
        thing.modifiers.new("Mirror", "MIRROR")
        if number % 5 == 0:
            thing.data.materials.append(materials[number % MATERIALS])
        if number < animated:
            _animate(thing, number)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))


def _animate(thing: Any, number: int) -> None:
    for frame in (1, 120, 240):
        thing.location = (frame / 10, number / 10, 0)
        for path in ("location", "rotation_euler", "scale"):
            thing.keyframe_insert(path, frame=frame)
        if number % 2:
            thing.hide_render = frame == 1
            thing.keyframe_insert("hide_render", frame=frame)
    if number % 4 == 0:
        thing.modifiers[0].show_render = False
        thing.modifiers[0].keyframe_insert("show_render", frame=1)
    if number % 10 == 0:
        driver = thing.driver_add("delta_location", 0).driver
        driver.expression = "frame / 10"


def _material(folder: Path, number: int) -> Any:
    material = bpy.data.materials.new(f"Paint {number}")
    if not material.node_tree:
        material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.new(f"Image {number}", 1, 1)
    node.image.source, node.image.filepath = "FILE", str(folder / f"image_{number:04d}.png")
    if number % 2:
        node.image.source = "SEQUENCE"
        node.image_user.frame_duration = 100
        if number % 4 == 1:
            for frame in (1, 240):
                node.image_user.frame_offset = frame
                node.image_user.keyframe_insert("frame_offset", frame=frame)
    return material


def timed(blend: Path, root: Path) -> dict[str, float]:
    """Processor time of the main thread, in seconds, for the scan alone and for all that a check does."""
    spec = importlib.util.spec_from_file_location(
        "farmhand", root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None
    sys.modules["farmhand"] = importlib.util.module_from_spec(spec)
    bpy.ops.wm.open_mainfile(filepath=str(blend), load_ui=False)
    scan, dry_run = (importlib.import_module(f"farmhand.scene.{name}") for name in ("scan", "dry_run"))
    request = dry_run.SubmitRequest()
    dry_run.dry_run(request)  # what is imported late, and the disk's cache
    times = {}
    for name, call in (
        ("scan", lambda: scan.scan(bpy.context.scene, FRAMES)),
        ("check", lambda: dry_run.dry_run(request)),
    ):
        taken = []
        for _ in range(3):
            start = time.thread_time()
            call()
            taken.append(time.thread_time() - start)
        times[name] = min(taken)
    return times


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        print(json.dumps(timed(Path(sys.argv[2]), Path(sys.argv[3]))))
    sys.stdout.flush()
    os._exit(0)
