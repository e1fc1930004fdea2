"""Removes the paths that a .blend stores for the views of its images, and has Blender derive them anew.

Blender reads these paths in place of the image's own one, and no property shows or changes them (4.2 to 5.3).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from .external_files import unchangeable_path

_NEVER_READ = frozenset({"GENERATED", "VIEWER"})


def derive_again() -> None:
    """To be called when the images' own paths and the suffixes of views are safe. No image is read.

    Raises CannotRender if the stored paths of an image stay.
    """
    for image in bpy.data.images:
        if image.source not in _NEVER_READ and image.is_multiview:
            with _not_read(image), bpy.context.temp_override(scene=_scene_with_views()):
                uses_views = image.use_multiview
                image.use_multiview = False
                if image.is_multiview:
                    raise unchangeable_path(image)
                if uses_views:
                    image.use_multiview = True


def _scene_with_views() -> Any:
    """The scene whose views an image gets."""
    scenes = [bpy.context.scene, *bpy.data.scenes]
    return next((scene for scene in scenes if scene.render.use_multiview), bpy.context.scene)


@contextmanager
def _not_read(image: Any) -> Iterator[None]:
    """Setting `use_multiview` reads an image with its stored paths, unless it is a generated one."""
    source, path, size = image.source, image.filepath_raw, (image.generated_width, image.generated_height)
    tiles = [(tile.number, tile.label) for tile in image.tiles]
    image.generated_width = image.generated_height = 1
    image.source = "GENERATED"  # this removes path and tiles
    image.filepath_raw = _empty_views() if image.packed_files else path
    yield
    image.source = source
    image.filepath_raw = path
    image.generated_width, image.generated_height = size
    if source == "TILED":
        _restore_tiles(image, tiles)


def _empty_views() -> str:
    """A path with a file for each view: a packed image has views only where Blender finds such files."""
    folder = Path(tempfile.mkdtemp(prefix="views_"))
    files = [folder / f"packed{view.file_suffix}.png" for view in _scene_with_views().render.views]
    for file in files:
        file.touch()
    return str(next((file for file in files if file.name != "packed.png"), folder / "packed.png"))


def _restore_tiles(image: Any, tiles: list[tuple[int, str]]) -> None:
    for number, label in tiles:
        tile = image.tiles.get(number) or image.tiles.new(tile_number=number)
        tile.label = label
    for tile in [each for each in image.tiles if each.number not in dict(tiles)]:
        image.tiles.remove(tile)
