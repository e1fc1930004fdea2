"""Packs scenes at the edges and writes down what came of it. Runs in a Blender."""

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
import picture_projects


def request(**members: Any) -> Any:
    return do_in_blender.part("scene.request.request").SubmitRequest(**members)


def packed(folder: Path, **members: Any) -> Any:
    packing = do_in_blender.part("scene.packing.package").start(request(**members), folder / "jobs")
    packing.wait()
    return packing


def circle(folder: Path) -> list[str]:
    """a uses a material of b, b one of a."""
    folder.mkdir()
    for name in "ab":
        making.plane().name = name
        making.save(folder / f"{name}.blend")
    for name, other in ("ab", "ba"):
        do_in_blender.open_blend(str(folder / f"{name}.blend"))
        with bpy.data.libraries.load(str(folder / f"{other}.blend"), link=True) as (_, wanted):
            wanted.objects = [other]
        # Materials make no circle that Blender would have to cut when it evaluates.
        bpy.data.objects[name].data.materials.append(wanted.objects[0].data.materials[0])
        making.save(folder / f"{name}.blend")
    making.plane()
    with bpy.data.libraries.load(str(folder / "a.blend"), link=True) as (_, wanted):
        wanted.objects = ["a"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    making.save(folder / "main.blend")
    packing = packed(folder)
    return sorted(entry.path for entry in do_in_blender.part("jobs.folder.manifest").read(packing.folder))


def vanished(folder: Path) -> tuple[str, list[str]]:
    thing = making.plane()
    file = making.image_file(folder / "wood.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    making.save(folder / "scene.blend")
    package, dry_run = do_in_blender.part("scene.packing.package"), do_in_blender.part("scene.dry_run")
    checked = dry_run.dry_run(request())
    file.unlink()
    packing = package.start(request(), folder / "jobs", checked)
    packing.wait()
    return str(packing.problem), [each.name for each in (folder / "jobs").iterdir()]


def without_progress(folder: Path) -> str:
    """Another program is in the way of the file that tells how far packing is."""
    making.plane()
    making.save(folder / "scene.blend")
    packing = do_in_blender.part("scene.packing.package").start(request(), folder / "jobs")
    (packing.folder / "packing.progress.part").mkdir()
    packing.wait()
    return str(packing.problem or "")


def chosen(folder: Path) -> str:
    making.plane()
    second = bpy.context.scene.copy()
    second.name = "Second"
    second.use_fake_user = True
    second.view_layers.new("Fog")
    side = bpy.data.objects.new("Side", bpy.data.cameras.new("Side"))
    second.collection.objects.link(side)
    making.save(folder / "scene.blend")
    return str(packed(folder, scene="Second", camera="Side", view_layer="Fog").folder)


def state() -> list[Any]:
    images = [[image.name, image.filepath] for image in bpy.data.images]
    return [bpy.data.filepath, images, [scene.camera.name for scene in bpy.data.scenes], bpy.context.scene.name]


def untouched(folder: Path) -> tuple[list[Any], list[Any]]:
    picture_projects.image(folder)
    before = state()
    packed(folder)
    return before, state()


def main(folder: Path) -> None:
    answers: dict[str, Any] = {"circle": circle(folder / "circle"), "chosen": chosen(folder / "chosen")}
    answers["vanished"], answers["left_over"] = vanished(folder / "vanished")
    answers["without_progress"] = without_progress(folder / "untold")
    answers["before"], answers["untouched"] = untouched(folder / "untouched")
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    as_program.run(main)
