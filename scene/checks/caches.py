"""The simulations that the render shows, and the frames of their bakes according to the files on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from ..request.project_variables import filled
from ..scan import objects, usage
from ..scan.animated.animation import Animation
from ..scan.reference import absolute, within, words

_POINT_FILE = re.compile(r"_(\d{6})(?:_(\d\d))?\.bphys$")
_META_FILE = re.compile(r"(-?\d+)_\d+\.json$")
_FLUID_FILE = re.compile(r"_(\d{4,})\.[a-z.]+$")


@dataclass(frozen=True, slots=True)
class Cache:
    """One simulation.

    thing: the object's name, or "". first: no bake has frames before this one.
    frames: those of its bake; None if unknown.
    folder: where its files should be; "" when it has none, or was never baked.
    is_named: whether the folder can be chosen; Blender finds others by their location.
    starts_as_made: whether its first frame needs no simulation: cloth hangs as it was modeled, nothing has fallen yet.
    """

    where: str
    thing: str
    first: int
    frames: Collection[int] | None
    folder: str = ""
    is_named: bool = False
    starts_as_made: bool = False


def caches_of(scene: Any, used: usage.Used, animation: Animation) -> Iterator[Cache]:
    """Every simulation, of linked and instanced objects too.

    Args:
        scene: the one to render, for the frames of a simulation without an end of its own.
        used: what the render reads, see `usage.used_by`; everything else is ignored.
        animation: knows what is on at any of the frames to render.
    """
    for thing in (block for block in used if block.id_type == "OBJECT"):
        for modifier in thing.modifiers:
            if animation.is_on(modifier, "show_render"):
                yield from _of_modifier(scene, thing, modifier, animation)
    for world in (block.rigidbody_world for block in used if block.id_type == "SCENE"):
        is_on = world is not None and animation.is_on(world, "enabled")
        if is_on and world.collection is not None and _has_moving(world.collection, animation):
            yield _memory("Rigid Bodies", "", world.point_cache)


def _of_modifier(scene: Any, thing: Any, modifier: Any, animation: Animation) -> Iterator[Cache]:
    where = within(words(thing), modifier.name)
    if modifier.type in ("CLOTH", "SOFT_BODY"):
        yield _points(where, thing, modifier.point_cache, animation)
    elif modifier.type == "PARTICLE_SYSTEM":
        system = modifier.particle_system
        if _is_simulated(thing, system, animation):
            yield _points(within(words(thing), system.name), thing, system.point_cache, animation)
    elif modifier.type == "FLUID" and modifier.fluid_type == "DOMAIN":
        yield _fluid(where, thing, modifier.domain_settings)
    elif modifier.type == "DYNAMIC_PAINT" and modifier.canvas_settings is not None:
        for surface in modifier.canvas_settings.canvas_surfaces:
            yield _points(within(where, surface.name), thing, surface.point_cache, animation)
    elif modifier.type == "NODES" and modifier.node_group is not None:
        for bake in modifier.bakes:
            yield from _bake(scene, where, thing, modifier, bake, animation)


def _is_simulated(thing: Any, system: Any, animation: Animation) -> bool:
    """False for hair without dynamics, and for particles without physics on an object that does not move."""
    settings = system.settings
    if not animation.may_be(settings, "type", "EMITTER"):
        return animation.is_on(system, "use_hair_dynamics")
    kinds = settings.bl_rna.properties["physics_type"].enum_items.keys()
    return any(animation.may_be(settings, "physics_type", kind) for kind in kinds if kind != "NO") or _may_move(thing)


def _may_move(thing: Any) -> bool:
    data = thing.data
    blocks = (thing, data, getattr(data, "shape_keys", None))
    others = any(modifier.type != "PARTICLE_SYSTEM" for modifier in thing.modifiers)
    is_animated = any(block is not None and block.animation_data is not None for block in blocks)
    return is_animated or others or thing.parent is not None or bool(thing.constraints) or _is_body(thing)


def _is_body(thing: Any) -> bool:
    return thing.rigid_body is not None


def _has_moving(collection: Any, animation: Animation) -> bool:
    """Whether any rigid body is moved by the simulation: passive ones and animated ones are not."""
    bodies = [thing.rigid_body for thing in collection.all_objects if thing.rigid_body is not None]
    return any(animation.may_be(one, "type", "ACTIVE") and animation.is_off(one, "kinematic") for one in bodies)


def _points(where: str, thing: Any, cache: Any, animation: Animation) -> Cache:
    is_external = animation.is_on(cache, "use_external")
    if not is_external and not (cache.is_baked and animation.is_on(cache, "use_disk_cache")):
        return _memory(where, thing.name, cache)
    folder, files = "", list[str]()
    for reference in objects.point_cache(thing, cache, cache.name, animation):
        folder = reference.path if is_external else os.path.dirname(reference.path)
        found, missing = reference.find()
        files += [file for file in found if file not in missing]
    frames = {
        int(match[1])
        for match in map(_POINT_FILE.search, files)
        if match and (match[2] is None or int(match[2]) == cache.index)
    }
    held = _between(frames, cache.frame_step)
    return Cache(where, thing.name, cache.frame_start, held, folder, is_external, starts_as_made=True)


def _memory(where: str, thing: str, cache: Any) -> Cache:
    """A bake inside the .blend."""
    frames = range(cache.frame_start, cache.frame_end + 1) if cache.is_baked else ()
    return Cache(where, thing, cache.frame_start, frames, starts_as_made=True)


def _between(frames: set[int], step: int) -> set[int]:
    """The frames and those between two steps, which Blender interpolates."""
    return frames | {frame + part for frame in frames if frame + step in frames for part in range(1, step)}


def _fluid(where: str, thing: Any, domain: Any) -> Cache:
    first = domain.cache_frame_start + domain.cache_frame_offset
    folder = absolute(domain.cache_directory, thing)
    if domain.cache_type == "REPLAY" or not all(is_baked for _, is_baked in _fluid_parts(domain)):
        return Cache(where, thing.name, first, ())
    held = [_numbers(os.path.join(folder, part), _FLUID_FILE) for part, _ in _fluid_parts(domain)]
    frames = {number + domain.cache_frame_offset for number in set.intersection(*held)}
    return Cache(where, thing.name, first, frames, folder, is_named=True)


def _fluid_parts(domain: Any) -> list[tuple[str, bool]]:
    """The folders that a render reads, each with Blender's flag for whether it was baked."""
    parts = []
    if domain.domain_type == "LIQUID":
        particles = ("use_spray_particles", "use_foam_particles", "use_bubble_particles", "use_tracer_particles")
        if domain.use_mesh:
            parts.append(("mesh", domain.has_cache_baked_mesh))
        if any(getattr(domain, name) for name in particles):
            parts.append(("particles", domain.has_cache_baked_particles))
    elif domain.use_noise:
        parts.append(("noise", domain.has_cache_baked_noise))
    # With a mesh, the simulation behind it may be deleted to save space.
    return parts if domain.domain_type == "LIQUID" and parts else [("data", domain.has_cache_baked_data), *parts]


def _bake(scene: Any, where: str, thing: Any, modifier: Any, bake: Any, animation: Animation) -> Iterator[Cache]:
    """A simulation zone, or a baked Bake node: without a bake, such a node passes its input through."""
    if bake.node is None or bake.node.mute:
        return
    place = within(where, bake.node.name)
    root, folder = _folders(thing, modifier, bake, animation)
    held = _numbers(os.path.join(folder, "meta"), _META_FILE) if folder else set()
    first = _first(scene, bake, animation)
    if bake.node.bl_idname == "GeometryNodeSimulationOutput":
        # 4.3 can store bakes in the .blend, and Python cannot see whether there is one.
        yield Cache(place, thing.name, first, None if not held and _is_packed(modifier, bake) else held)
    elif held and animation.may_be(bake, "bake_mode", "ANIMATION"):
        yield Cache(place, thing.name, first, held)
    elif root and not os.path.isdir(root) and not _is_packed(modifier, bake):
        yield Cache(place, thing.name, first, (), root, is_named=True)


def _folders(thing: Any, modifier: Any, bake: Any, animation: Animation) -> tuple[str, str]:
    """The folder that the artist sees, and the bake's own in it; "" when none was ever made."""
    if bake.directory and animation.is_on(bake, "use_custom_path"):
        folder = absolute(filled(bake, "directory"), thing)
        return folder, folder
    if not modifier.bake_directory:
        return "", ""
    folder = absolute(filled(modifier, "bake_directory"), thing)
    return folder, os.path.join(folder, str(bake.bake_id))


def _first(scene: Any, bake: Any, animation: Animation) -> int:
    if animation.is_on(bake, "use_custom_simulation_frame_range"):
        return int(bake.frame_start)
    return int(scene.simulation_frame_start if scene.use_custom_simulation_range else scene.frame_start)


def _is_packed(modifier: Any, bake: Any) -> bool:
    target = getattr(bake, "bake_target", "DISK")
    return "PACKED" in (target, getattr(modifier, "bake_target", "DISK") if target == "INHERIT" else "")


def _numbers(folder: str, pattern: re.Pattern[str]) -> set[int]:
    try:
        return {int(match[1]) for match in map(pattern.search, os.listdir(folder)) if match}
    except OSError:
        return set()
