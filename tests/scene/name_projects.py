"""Projects with unusual names, and with names of frames; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import bpy
from making import image_file, image_strip_of, paint, pictures, plane, save


def names_not_utf8(folder: Path) -> list[Path]:
    """A texture, a strip and a library in a folder, whose names are Latin-1."""
    place = folder / os.fsdecode(b"caf\xe9")
    thing = plane()
    made = [image_file(place / os.fsdecode(b"na\xefve.png"), 0.9)]
    paint(thing, bpy.data.images.load(str(made[0])))
    sheet = save(place / os.fsdecode(b"sheet \xfc.blend"))
    plane()
    bpy.data.objects.remove(bpy.data.objects["Plane"])
    with bpy.data.libraries.load(str(sheet), link=True, relative=True) as (_, wanted):
        wanted.objects = ["Plane"]
    bpy.context.scene.collection.objects.link(bpy.data.objects["Plane"])
    save(folder / "scene.blend")
    return [*made, sheet]


def strip_names_not_utf8(folder: Path) -> list[Path]:
    plane()
    made = pictures(folder / "strip", 8)
    strip = image_strip_of(made)
    place = (folder / "strip").rename(folder / os.fsdecode(b"pr\xe9lude"))
    strip.directory = f"{place}/"
    save(folder / "scene.blend")
    return [place / each.name for each in made[2:5]]


def backup_file(folder: Path) -> list[Path]:
    """The backup that Blender made of the file is opened."""
    thing = plane()
    made = image_file(folder / "wood.png", 0.9)
    paint(thing, bpy.data.images.load(str(made)))
    shutil.copy(save(folder / "scene.blend"), folder / "scene.blend32")
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scene.blend32"), load_ui=False, use_scripts=False)
    return [made]


def cameras_of_markers(folder: Path) -> list[Path]:
    """The second camera is on from frame 4; what it sees is named like what it is seen through."""
    plane()
    scene = bpy.context.scene
    made = []
    for place, name in enumerate(("First", "Second")):
        bpy.ops.mesh.primitive_plane_add(size=4, location=(20 * place + 20, 0, 0))
        thing = bpy.context.object
        thing.data.materials.append(bpy.data.materials["Paint"].copy())
        made.append(image_file(folder / f"{name}.png", 0.3 + place / 2))
        paint(thing, bpy.data.images.load(str(made[-1])))
        bpy.ops.object.camera_add(location=(20 * place + 20, 0, 5))
        bpy.context.object.name = name
        scene.timeline_markers.new(name, frame=1 + 3 * place).camera = bpy.context.object
    scene.render.filepath = "//render/{camera_name}_" if bpy.app.version >= (5, 0, 0) else "//render/shot_"
    save(folder / "scene.blend")
    return made
