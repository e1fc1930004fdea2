"""Makes scenes with something hostile in or around them; each is FOLDER/NAME/scene.blend. Runs in a Blender."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import as_program
import making


def plain(folder: Path) -> None:
    _texture(folder)


def unreadable_texture(folder: Path) -> None:
    _texture(folder).chmod(0)


def unreadable_library(folder: Path) -> None:
    _links_a_sheet(folder).chmod(0)


def truncated_library(folder: Path) -> None:
    """Blender says that it could not open the scene, and has opened it."""
    library = _links_a_sheet(folder)
    library.write_bytes(library.read_bytes()[:-200])


def library_of_itself(folder: Path) -> None:
    """Put over the library that it links."""
    library = _links_a_sheet(folder)
    library.unlink()
    library.symlink_to(folder / "scene.blend")


def copy_of_itself(folder: Path) -> None:
    library = _links_a_sheet(folder)
    shutil.copy(folder / "scene.blend", library)


def loop_of_libraries(folder: Path) -> None:
    """The material in each of three names that of the next."""
    names = "abc"
    for name in names:
        making.plane().data.materials[0].name = name
        making.save(folder / f"{name}.blend")
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        bpy.ops.wm.open_mainfile(filepath=str(folder / f"{name}.blend"))
        bpy.data.materials[name]["next"] = _linked(folder / f"{other}.blend", other)
        making.save(folder / f"{name}.blend")
    thing = making.plane()
    thing.data.materials.append(_linked(folder / "a.blend", "a"))
    making.save(folder / "scene.blend")


def _texture(folder: Path) -> Path:
    thing = making.plane()
    file = making.image_file(folder / "wood.png")
    making.paint(thing, bpy.data.images.load(str(file)))
    making.save(folder / "scene.blend")
    return file


def _linked(library: Path, material: str) -> Any:
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.materials = [material]
    return wanted.materials[0]


def _links_a_sheet(folder: Path) -> Path:
    making.plane()
    library = making.save(folder / "sheet.blend")
    thing = making.plane()
    thing.data.materials.append(_linked(library, "Paint"))
    making.save(folder / "scene.blend")
    return library


SCENES = (
    plain,
    unreadable_texture,
    unreadable_library,
    truncated_library,
    library_of_itself,
    copy_of_itself,
    loop_of_libraries,
)


def main(folder: Path) -> None:
    for make in SCENES:
        place = folder / make.__name__
        place.mkdir()
        make(place)


if __name__ == "__main__":
    as_program.run(main)
