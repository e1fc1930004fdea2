"""What objects name on disk: caches of modifiers, of simulations and of particles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import bpy

from ..request.project_variables import filled
from . import nodes, sequence
from .animated.animation import Animation
from .frame_users import FrameUsers
from .reference import Reference, absolute, attribute, blend_of, one_file, words

_FLUID_PARTS = ("config", "data", "guiding", "mesh", "noise", "particles")
_BAKE_PARTS = ("meta", "blobs")


def references(thing: Any, users: FrameUsers) -> Iterator[Reference]:
    """Everything that an object's modifiers and particle systems read."""
    for modifier in thing.modifiers:
        reader = _READERS.get(modifier.type)
        if reader is not None and users.animation.is_on(modifier, "show_render"):
            yield from reader(thing, modifier, users)
    for system in thing.particle_systems:
        yield from point_cache(thing, system.point_cache, system.name, users.animation)


def point_cache(owner: Any, cache: Any, name: str, animation: Animation) -> Iterator[Reference]:
    """A point cache on disk. Without an external path, Blender looks for it in blendcache_NAME next to the .blend.

    Args:
        owner: the object.
        cache: Blender's PointCache.
        name: of the modifier or particle system, for the reason.
        animation: knows what is on at any of the frames to render.
    """
    where = f"{words(owner)} > {name}"
    prefix = (cache.name or owner.name.encode().hex().upper()) + "_"
    if cache.filepath and animation.is_on(cache, "use_external"):
        folder = absolute(cache.filepath, owner)
        find = sequence.starting_with(folder, prefix, ".bphys")
        yield Reference("point cache", where, folder, cache.filepath, find, attribute(cache, "filepath"))
    if animation.is_off(cache, "use_external") and animation.is_on(cache, "use_disk_cache"):
        blends = [blend_of(owner)] if animation.is_on(cache, "use_library_path") else []
        blends += [bpy.data.filepath] if animation.is_off(cache, "use_library_path") else []
        for blend in filter(None, blends):
            yield _beside(blend, prefix, where)


def _beside(blend: str, prefix: str, where: str) -> Reference:
    folder, name = os.path.split(blend)
    place = os.path.join(folder, f"blendcache_{os.path.splitext(name)[0]}")
    path = os.path.join(place, prefix)
    return Reference("point cache", where, path, "", sequence.starting_with(place, prefix, ".bphys"), beside=blend)


def _mesh_cache(thing: Any, modifier: Any, _users: FrameUsers) -> Iterator[Reference]:
    yield from _file(thing, modifier, "mesh cache")


def _multires(thing: Any, modifier: Any, _users: FrameUsers) -> Iterator[Reference]:
    if modifier.is_external:
        yield from _file(thing, modifier, "multires data")


def _ocean(thing: Any, modifier: Any, users: FrameUsers) -> Iterator[Reference]:
    """Images of a baked ocean: disp_0001.exr and its siblings; outside the baked range, the nearest one is shown."""
    if not modifier.is_cached or not modifier.filepath:
        return
    folder = absolute(modifier.filepath, thing)
    numbers = users.over_time(lambda moment: _nearest(modifier, moment, users.animation))
    wanted = None if numbers.known is None else tuple(f"_{number:04d}.exr" for number in numbers.known)
    inside = sequence.starting_with(folder, "", ".exr")

    def find() -> sequence.Files:
        return tuple(path for path in inside()[0] if wanted is None or path.endswith(wanted)), ()

    where, assign = _where(thing, modifier), _writes(modifier)
    yield Reference(
        "ocean cache",
        where,
        folder,
        modifier.filepath,
        find,
        assign,
        whole=lambda: len(inside()[0]),
        why_whole=numbers.why,
    )


def _nearest(modifier: Any, moment: float, animation: Animation) -> int:
    first, last = (int(animation.at(modifier, name, moment)) for name in ("frame_start", "frame_end"))
    return min(max(int(moment), first), last)


def _fluid(thing: Any, modifier: Any, _users: FrameUsers) -> Iterator[Reference]:
    if modifier.fluid_type != "DOMAIN" or not modifier.domain_settings.cache_directory:
        return
    domain = modifier.domain_settings
    folder = absolute(domain.cache_directory, thing)
    find, assign = sequence.inside(folder, _FLUID_PARTS), attribute(domain, "cache_directory")
    yield Reference("fluid cache", _where(thing, modifier), folder, domain.cache_directory, find, assign)


def _nodes(thing: Any, modifier: Any, users: FrameUsers) -> Iterator[Reference]:
    yield from nodes.modifier_inputs(thing, modifier)
    where = _where(thing, modifier)
    animation = users.animation
    own = [bake for bake in modifier.bakes if bake.directory and animation.is_on(bake, "use_custom_path")]
    for bake in own:
        folder = absolute(filled(bake, "directory"), thing)
        find, assign = sequence.inside(folder, _BAKE_PARTS), attribute(bake, "directory")
        yield Reference("geometry nodes bake", where, folder, bake.directory, find, assign)
    parts = [
        os.path.join(str(bake.bake_id), part)
        for bake in modifier.bakes
        if not bake.directory or animation.is_off(bake, "use_custom_path")
        for part in _BAKE_PARTS
    ]
    if modifier.bake_directory and parts:
        folder = absolute(filled(modifier, "bake_directory"), thing)
        find, assign = sequence.inside(folder, parts), attribute(modifier, "bake_directory")
        yield Reference("geometry nodes bake", where, folder, modifier.bake_directory, find, assign)


def _physics(thing: Any, modifier: Any, users: FrameUsers) -> Iterator[Reference]:
    yield from point_cache(thing, modifier.point_cache, modifier.name, users.animation)


def _dynamic_paint(thing: Any, modifier: Any, users: FrameUsers) -> Iterator[Reference]:
    surfaces = modifier.canvas_settings.canvas_surfaces if modifier.canvas_settings is not None else ()
    for surface in surfaces:
        yield from point_cache(thing, surface.point_cache, surface.name, users.animation)


def _file(thing: Any, modifier: Any, kind: str) -> Iterator[Reference]:
    if modifier.filepath:
        path = absolute(modifier.filepath, thing)
        yield Reference(kind, _where(thing, modifier), path, modifier.filepath, one_file(path), _writes(modifier))


def _writes(modifier: Any) -> Callable[[str], None]:
    return attribute(modifier, "filepath")


def _where(thing: Any, modifier: Any) -> str:
    return f"{words(thing)} > {modifier.name}"


_READERS: dict[str, Callable[[Any, Any, FrameUsers], Iterator[Reference]]] = {
    "MESH_CACHE": _mesh_cache,
    "MULTIRES": _multires,
    "OCEAN": _ocean,
    "FLUID": _fluid,
    "NODES": _nodes,
    "CLOTH": _physics,
    "SOFT_BODY": _physics,
    "DYNAMIC_PAINT": _dynamic_paint,
}
