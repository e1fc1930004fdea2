"""Projects that link other .blend files; each answers with the files that they need."""

from __future__ import annotations

from pathlib import Path

import bpy
from making import image_file, paint, plane, save, stored_absolute, stored_relative


def library_chain(folder: Path) -> list[Path]:
    """The scene links an object, which another library's material paints, in other folders each with its texture."""
    thing = plane()
    texture = image_file(folder / "materials" / "tex" / "rust.png", 0.7)
    paint(thing, bpy.data.images.load(str(texture)))
    thing.data.materials[0].name = "Rust"
    inner = save(folder / "materials" / "metal.blend")
    stored_relative(inner)

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(inner), link=True, relative=True) as (_, wanted):
        wanted.materials = ["Rust"]
    bpy.ops.mesh.primitive_plane_add(size=4)
    bpy.context.object.name = "Sheet"
    bpy.context.object.data.materials.append(bpy.data.materials["Rust"])
    extra = image_file(folder / "absolute" / "unused.png")
    bpy.data.images.load(str(extra)).use_fake_user = True
    outer = save(folder / "assets" / "sheet.blend")

    thing = plane()
    bpy.data.objects.remove(thing)
    with bpy.data.libraries.load(str(outer), link=True) as (_, wanted):
        wanted.objects = ["Sheet"]
    bpy.context.scene.collection.objects.link(bpy.data.objects["Sheet"])
    save(folder / "shots" / "scene.blend")
    stored_relative(folder / "shots" / "scene.blend")
    return [texture, inner, outer]


def library_with_absolute_paths(folder: Path) -> list[Path]:
    thing = plane()
    texture = image_file(folder / "far" / "rust.png", 0.9)
    paint(thing, bpy.data.images.load(str(texture)))
    thing.name = "Sheet"
    library = save(folder / "assets" / "sheet.blend")
    stored_absolute(library)
    thing = plane()
    bpy.data.objects.remove(thing)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Sheet"]
    bpy.context.scene.collection.objects.link(bpy.data.objects["Sheet"])
    save(folder / "scene.blend")
    return [texture, library]


def library_override(folder: Path) -> list[Path]:
    texture, library = _painted_sheet(folder, 0.3)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Sheet"]
    linked = bpy.data.objects["Sheet"]
    bpy.context.scene.collection.objects.link(linked)
    override = linked.override_create(remap_local_usages=True)
    override.location.x = 0.5
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return [texture, library]


def packed_libraries(folder: Path) -> list[Path]:
    """5.0: linked data-blocks that are packed into the file, with a texture that is not."""
    texture, library = _painted_sheet(folder, 0.6)
    with bpy.data.libraries.load(str(library), link=True, pack=True) as (_, wanted):
        wanted.objects = ["Sheet"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    save(folder / "shots" / "scene.blend")
    stored_relative(folder / "shots" / "scene.blend")
    return [texture]


def _painted_sheet(folder: Path, gray: float) -> tuple[Path, Path]:
    """A texture and the file with the plane that it is painted on; an empty scene is open afterwards."""
    thing = plane()
    texture = image_file(folder / "assets" / "coat.png", gray)
    paint(thing, bpy.data.images.load(str(texture)))
    thing.name = "Sheet"
    library = save(folder / "assets" / "sheet.blend")
    stored_relative(library)
    thing = plane()
    bpy.data.objects.remove(thing)
    return texture, library
