"""How long the main thread is held by a click, beside Blender's own Save Copy of the same file. Runs in a Blender:

    python-with-bpy save_copy.py FOLDER MIB ROUNDS

Prints a JSON list of [seconds of Save Copy, seconds until packing continues in the background], one for each round.
"""

import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
BYTES_OF_A_VERTEX = 12


def main(folder: Path, mebibytes: int, rounds: int) -> list[tuple[float, float]]:
    """Both ways in turn; who goes first changes from round to round."""
    _scene(folder, mebibytes)
    package, request = (
        _part("scene.packing.package"),
        _part("scene.request.request").SubmitRequest(output=str(folder / "frames")),
    )
    checked = _part("scene.dry_run").dry_run(request)
    copy = folder / "copy.blend"

    def theirs() -> None:
        bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True)

    def ours() -> Any:
        return package.start(request, folder / "jobs", checked)

    pairs = []
    for number in range(rounds):
        seconds = {}
        for way in (theirs, ours) if number % 2 else (ours, theirs):
            seconds[way] = _timed(way)
        pairs.append((seconds[theirs], seconds[ours]))
        copy.unlink()
    return pairs


def _timed(way: Callable[[], Any]) -> float:
    os.sync()  # so that no run pays for what the one before left unwritten
    started = time.perf_counter()
    packing = way()
    seconds = time.perf_counter() - started
    if packing is not None:
        packing.cancel()
    return seconds


def _scene(folder: Path, mebibytes: int) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.object.camera_add()
    bpy.context.scene.camera = bpy.context.object
    mesh = bpy.data.meshes.new("Large")
    mesh.vertices.add(mebibytes * MIB // BYTES_OF_A_VERTEX)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Large", mesh))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"), compress=False)


def _part(name: str) -> Any:
    if "farmhand" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "farmhand", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        sys.modules["farmhand"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["farmhand"])
    return importlib.import_module(f"farmhand.{name}")


if __name__ == "__main__":
    measured = main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    print("\n" + json.dumps(measured))
    sys.stdout.flush()
    os._exit(0)
