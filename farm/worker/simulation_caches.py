"""Simulations that write while they render: each writes into a folder of this process, never into the package."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import bpy

from .safety.external_files import inside


def keep_apart(package: Path) -> None:
    """Give fluids that simulate during playback their own cache folder, and keep caches without files in memory."""
    root = os.path.realpath(package)
    blend = Path(bpy.data.filepath)
    has_caches = (blend.parent / f"blendcache_{blend.stem}").is_dir()
    for block in bpy.data.objects:
        for modifier in block.modifiers:
            domain = getattr(modifier, "domain_settings", None) if modifier.type == "FLUID" else None
            if domain is not None:
                _fluid(domain, block, root)
        if not has_caches:
            for cache in _point_caches(block):
                _to_memory(cache)
    if not has_caches:
        for scene in bpy.data.scenes:
            if scene.rigidbody_world is not None:
                _to_memory(scene.rigidbody_world.point_cache)


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


def _point_caches(block: Any) -> list[Any]:
    systems = [system.point_cache for system in block.particle_systems]
    return systems + [
        modifier.point_cache for modifier in block.modifiers if getattr(modifier, "point_cache", None) is not None
    ]


def _to_memory(cache: Any) -> None:
    if cache is not None and cache.use_disk_cache and not cache.is_baked and not cache.use_external:
        cache.use_disk_cache = False
