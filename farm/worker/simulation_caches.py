"""Simulations that write while they render: each writes only into folders of this process."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .safety.external_files import inside, unchangeable_path

_NOT_IN_A_NAME = re.compile(r"[/\\]+|\.\.+")


def keep_apart(package: Path) -> None:
    """Give fluids that simulate during playback their own cache folder, and keep caches without files in memory.

    Caches with files stay where they are: Blender deletes the files when it is told to keep such a cache in memory.
    """
    root = os.path.realpath(package)
    blend = Path(bpy.data.filepath)
    has_caches = (blend.parent / f"blendcache_{blend.stem}").is_dir()
    for block in bpy.data.objects:
        for modifier in block.modifiers:
            domain = getattr(modifier, "domain_settings", None) if modifier.type == "FLUID" else None
            if domain is not None:
                _fluid(domain, block, root)
    for block, cache in _point_caches():
        for each in (cache, *cache.point_caches):
            _name_plainly(each, block)
        if not has_caches:
            _to_memory(cache)


def _fluid(domain: Any, block: Any, root: str) -> None:
    full = inside(domain.cache_directory, block.library, root)
    if full is not None and domain.cache_type != "REPLAY":
        return  # baked: it is only read
    folder = tempfile.mkdtemp(prefix="fluid_")
    if full is not None and Path(full).is_dir():
        show_again(Path(full), Path(folder))
    domain.cache_directory = folder


def show_again(source: Path, target: Path) -> None:
    """Link what has been simulated so far; on a system without links, the simulation starts again."""
    for folder, _, names in os.walk(source):
        there = target / Path(folder).relative_to(source)
        there.mkdir(exist_ok=True)
        for name in names:
            with contextlib.suppress(OSError, NotImplementedError):
                (there / name).symlink_to(Path(folder, name))


def _point_caches() -> Iterator[tuple[Any, Any]]:
    """Each cache, after the data-block that it belongs to."""
    for block in bpy.data.objects:
        canvases = [getattr(modifier, "canvas_settings", None) for modifier in block.modifiers]
        surfaces = [surface for canvas in canvases if canvas is not None for surface in canvas.canvas_surfaces]
        for owner in (*block.particle_systems, *block.modifiers, *surfaces):
            if getattr(owner, "point_cache", None) is not None:
                yield block, owner.point_cache
    for scene in bpy.data.scenes:
        if scene.rigidbody_world is not None and scene.rigidbody_world.point_cache is not None:
            yield scene, scene.rigidbody_world.point_cache


def _name_plainly(cache: Any, block: Any) -> None:
    """A cache's name is part of its path. Blender sets only plain ones, but accepts any from a file (4.2 to 5.0)."""
    plain = _NOT_IN_A_NAME.sub("_", cache.name)
    if cache.name != plain:
        cache.name = plain
        if cache.name != plain:  # Blender kept an earlier one: two caches have the same name
            raise unchangeable_path(block)


def _to_memory(cache: Any) -> None:
    if cache.use_disk_cache and not cache.is_baked and not cache.use_external:
        cache.use_disk_cache = False
