"""Scenes with a file that is missing, or there and of no use. Runs in a Blender."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import do_in_blender
import library_projects
import making
import picture_projects


def missing_texture(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "gone.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    file.unlink()


def missing_library(folder: Path) -> None:
    library_projects.library_with_absolute_paths(folder)
    (folder / "assets" / "sheet.blend").unlink()
    _open(bpy.data.filepath)


def broken_usd(folder: Path) -> None:
    _cached(folder / "shot.usdc", b"PXR-USDC" + bytes(200))


def missing_usd_layer(folder: Path) -> None:
    _cached(folder / "shot.usda", b'#usda 1.0\ndef "a" (references = @./gone.usda@)\n{\n}\n')


def _cached(file: Path, content: bytes) -> None:
    thing = making.plane()
    file.write_bytes(content)
    bpy.ops.cachefile.open(filepath=str(file))
    thing.modifiers.new("Shot", "MESH_SEQUENCE_CACHE").cache_file = bpy.data.cache_files[0]


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


def missing_strip(folder: Path) -> None:
    """Blender names the first picture, and others are rendered."""
    picture_projects.image_strip(folder)
    shutil.rmtree(Path(bpy.path.abspath(_strips(bpy.context.scene)[0].directory)))


def missing_and_not_used(folder: Path) -> None:
    making.plane()
    file = making.image_file(folder / "unused.png")
    bpy.data.images.load(str(file)).use_fake_user = True
    file.unlink()


def brushes_gone(folder: Path) -> None:
    """Linked for painting, as Blender does with its own."""
    making.plane()
    library = _written(folder / "brushes.blend", bpy.data.brushes.new("Ours"))
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.brushes = ["Ours"]
    bpy.context.scene["brush"] = wanted.brushes[0]  # a user, without which it is not saved
    library.unlink()


def bundled_assets_gone(folder: Path) -> None:
    """Linked from the files of a Blender that is installed elsewhere, and not used."""
    making.plane()
    assets = folder / "blender" / "datafiles" / "assets" / "nodes"
    assets.mkdir(parents=True)
    library = _written(assets / "essentials.blend", bpy.data.node_groups.new("Ours", "ShaderNodeTree"))
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.node_groups = ["Ours"]
    unused = bpy.data.materials.new("Unused")
    unused.use_fake_user = True
    making.use_nodes(unused).nodes.new("ShaderNodeGroup").node_tree = wanted.node_groups[0]
    library.unlink()


def _written(file: Path, block: Any) -> Path:
    """A file with this data-block, which the open one is rid of."""
    bpy.data.libraries.write(str(file), {block})
    bpy.data.batch_remove([block])
    return file


def left_out(folder: Path) -> dict[str, Any]:
    missing_texture(folder)
    return {"leave_out": [str(folder / "gone.png")]}


def sequence_left_out(folder: Path) -> dict[str, Any]:
    """By the one name that the scene has for it."""
    picture_projects.sequence(folder)
    (image,) = bpy.data.images
    path = Path(bpy.path.abspath(image.filepath))
    shutil.rmtree(path.parent)
    return {"leave_out": [str(path)]}


def missing_with_pixels_in_memory(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "gone.png")
    image = bpy.data.images.load(str(file))
    making.paint(thing, image)
    assert image.pixels[0] >= 0  # reads the file
    file.unlink()


def missing_and_packed_from_memory(folder: Path) -> None:
    missing_with_pixels_in_memory(folder)
    (image,) = bpy.data.images
    before = image.pixels[:]
    assert do_in_blender.part("scene.fixes.unsaved_images").pack(str(folder / "gone.png")) == 1
    making.save(folder / "scene.blend")
    _open(str(folder / "scene.blend"))
    (image,) = bpy.data.images
    assert image.packed_file is not None and image.pixels[:] == before


def painted_and_not_saved(folder: Path) -> None:
    thing = making.plane()
    image = bpy.data.images.load(str(making.image_file(folder / "wood.png")))
    making.paint(thing, image)
    image.pixels[0] = 0.5


def baked_and_not_saved(_folder: Path) -> None:
    thing = making.plane()
    image = bpy.data.images.new("bake", 4, 4)
    making.paint(thing, image)
    image.pixels.foreach_set([0.5] * 64)


def made_by_blender_and_read(_folder: Path) -> None:
    thing = making.plane()
    image = bpy.data.images.new("grid", 4, 4)
    image.generated_type = "UV_GRID"
    making.paint(thing, image)
    assert image.pixels[3] == 1.0


def painted_and_not_used(_folder: Path) -> None:
    making.plane()
    bpy.data.images.new("sketch", 4, 4).pixels[0] = 0.5


def baked_and_saved(_folder: Path) -> None:
    baked_and_not_saved(_folder)
    assert do_in_blender.part("scene.fixes.unsaved_images").save_all() == 1


def empty_texture(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "empty.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    file.write_bytes(b"")


def pointer_in_place_of_a_texture(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "wood.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    file.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n")


def page_in_place_of_a_texture(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "wood.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    file.write_text("<!DOCTYPE html>\n<html><body>Bitte später – 403</body></html>\n" * 30, encoding="utf-8")


def page_in_place_of_a_cache(folder: Path) -> None:
    _cached(folder / "walk.abc", b"<html>404 not found</html>\n")


def picture_that_begins_with_text(folder: Path) -> None:
    """Radiance files do."""
    thing = making.plane()
    image = bpy.data.images.new("sky", 4, 4, float_buffer=True)
    image.filepath_raw, image.file_format = str(folder / "sky.hdr"), "HDR"
    image.save()
    making.paint(thing, bpy.data.images.load(str(folder / "sky.hdr")))


def huge_texture(folder: Path) -> None:
    thing = making.plane()
    file = making.image_file(folder / "huge.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    with file.open("r+b") as sink:
        sink.truncate(6 * 1024**3)


def case_twins(folder: Path) -> None:
    _textures(folder / "tex" / "Wood.png", folder / "tex" / "wood.png")


def bad_folder_names(folder: Path) -> None:
    _textures(folder / "aux" / "tail." / "w.png", folder / "b" / "w.png")


def library_of_text(folder: Path) -> None:
    _library(folder).write_text("This is a poem.\n")
    _open(bpy.data.filepath)


def library_of_text_since_it_was_opened(folder: Path) -> None:
    _library(folder).write_text("This is a poem.\n")


def truncated_library(folder: Path) -> None:
    library = _library(folder)
    library.write_bytes(library.read_bytes()[:-200])
    _open(bpy.data.filepath)


def data_gone_from_library(folder: Path) -> None:
    library, blend = _library(folder), bpy.data.filepath
    _open(str(library))
    bpy.data.objects["Sheet"].name = "Renamed"
    making.save(library)
    _open(blend)


def library_of_a_newer_blender(folder: Path) -> None:
    """The version in its header is all that differs."""
    library = _library(folder)
    text = re.sub(
        rb"^(BLENDER\S*v)(\d+)",
        lambda found: found[1] + b"%0*d" % (len(found[2]), int(found[2]) + 1),
        library.read_bytes(),
    )
    library.write_bytes(text)
    _open(bpy.data.filepath)


def _open(blend: str) -> None:
    assert do_in_blender.part("scene.packing.open_blend").open_blend(Path(blend)).problem == ""


def _library(folder: Path) -> Path:
    """The open scene links an object of it."""
    making.plane().name = "Sheet"
    library = making.save(folder / "assets" / "sheet.blend")
    thing = making.plane()
    bpy.data.objects.remove(thing)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Sheet"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.ops.mesh.primitive_plane_add()
    making.save(folder / "scene.blend")
    return library


def _textures(*files: Path) -> None:
    thing = making.plane()
    for file in files:
        making.paint(thing, bpy.data.images.load(str(making.image_file(file))))


def _strips(scene: Any) -> Any:
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


SCENES: tuple[Callable[[Path], dict[str, Any] | None], ...] = (
    missing_texture,
    missing_library,
    broken_usd,
    missing_usd_layer,
    windows_path,
    bad_name,
    missing_strip,
    missing_and_not_used,
    brushes_gone,
    bundled_assets_gone,
    left_out,
    sequence_left_out,
    missing_with_pixels_in_memory,
    missing_and_packed_from_memory,
    painted_and_not_saved,
    baked_and_not_saved,
    made_by_blender_and_read,
    painted_and_not_used,
    baked_and_saved,
    empty_texture,
    pointer_in_place_of_a_texture,
    page_in_place_of_a_texture,
    page_in_place_of_a_cache,
    picture_that_begins_with_text,
    huge_texture,
    case_twins,
    bad_folder_names,
    library_of_text,
    library_of_text_since_it_was_opened,
    truncated_library,
    data_gone_from_library,
    library_of_a_newer_blender,
)
