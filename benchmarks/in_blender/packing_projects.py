"""Makes the projects that packing.py packs. Runs in a Blender: FOLDER, the project's name, how many, bytes of each."""

import os
import sys
from pathlib import Path
from typing import Any

import bpy


def textures(folder: Path, count: int, size: int) -> None:
    """A scene with this many textures of random bytes each: nothing reads them before the render."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.object.camera_add()
    bpy.context.scene.camera = bpy.context.object
    bpy.ops.mesh.primitive_plane_add()
    (folder / "textures").mkdir(parents=True)
    for number in range(count):
        if number % 50 == 0:
            tree = _tree(bpy.context.object)
        file = folder / "textures" / f"texture_{number}_a.png"
        with file.open("wb") as sink:
            for start in range(0, size, 1 << 20):
                sink.write(os.urandom(min(1 << 20, size - start)))
        tree.nodes.new("ShaderNodeTexImage").image = bpy.data.images.load(str(file))
    _save(folder / "scene.blend")


def libraries(folder: Path, count: int, size: int) -> None:
    """A chain: each file links the mesh's material from the one before, all in folders of their own."""
    before: Path | None = None
    for number in range(count + 1):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        bpy.ops.object.camera_add()
        bpy.context.scene.camera = bpy.context.object
        bpy.ops.mesh.primitive_plane_add()
        thing = bpy.context.object
        thing.name = f"Thing {number}"
        texture = folder / f"part {number}" / "texture.png"
        texture.parent.mkdir(parents=True)
        texture.write_bytes(os.urandom(size))
        tree = _tree(thing)
        tree.nodes.new("ShaderNodeTexImage").image = bpy.data.images.load(str(texture))
        if before is not None:
            with bpy.data.libraries.load(str(before), link=True) as (_, wanted):
                wanted.objects = [f"Thing {number - 1}"]
            thing.parent = wanted.objects[0]
            bpy.context.scene.collection.objects.link(wanted.objects[0])
        before = texture.parent / "scene.blend"
        _save(before)
    before.rename(before.with_name("main.blend"))


def _tree(thing: Any) -> Any:
    material = bpy.data.materials.new("Paint")
    if not material.node_tree:
        material.use_nodes = True
    thing.data.materials.append(material)
    return material.node_tree


def _save(file: Path) -> None:
    # bat reads compressed files only with a library that it does not bring.
    bpy.ops.wm.save_as_mainfile(filepath=str(file), compress=False)
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_as_mainfile(filepath=str(file), compress=False)


if __name__ == "__main__":
    {"textures": textures, "libraries": libraries}[sys.argv[2]](Path(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.flush()
    os._exit(0)
