# SPDX-License-Identifier: GPL-3.0-or-later
"""Each simulation: baked, baked for a part of the frames, or not.  Unbaked, every machine would start it anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..findings import WARNING, Finding
from ..scan import reach
from ..scan.reference import absolute, words
from .case import Case


@dataclass(frozen=True, slots=True)
class Cache:
    """One simulation of the scene.  first, last: frames that its bake holds."""

    where: str
    is_baked: bool
    first: int
    last: int


def find(case: Case) -> Iterator[Finding]:
    """One finding for each cache that does not cover the frames."""
    if not case.frames or reach.renders_sequencer(case.scene):
        return
    wanted = case.frames[0], case.frames[-1]
    for cache in _caches(case.scene):
        if not cache.is_baked:
            yield Finding(
                WARNING,
                "simulation_not_baked",
                f"{cache.where} is not baked. Frames are rendered apart from each other, so the simulation would be "
                "missing or different in each. Bake it first.",
                cache.where,
            )
        elif wanted[0] < cache.first or wanted[1] > cache.last:
            yield Finding(
                WARNING,
                "simulation_partly_baked",
                f"{cache.where} is baked for frames {cache.first} to {cache.last}, and {wanted[0]} to {wanted[1]} are "
                "rendered. Bake the rest, or render fewer frames.",
                cache.where,
            )


def _caches(scene: Any) -> Iterator[Cache]:
    for thing in scene.objects:
        for modifier in thing.modifiers:
            if modifier.show_render:
                yield from _of_modifier(thing, modifier)
        for system in thing.particle_systems:
            # Hair that does not move needs no bake.
            if system.settings.type == "EMITTER" or system.use_hair_dynamics:
                yield _point_cache(f"{words(thing)} > {system.name}", system.point_cache)
    world = scene.rigidbody_world
    if world is not None and world.enabled and world.collection is not None and world.collection.objects:
        yield _point_cache("Rigid Bodies", world.point_cache)


def _of_modifier(thing: Any, modifier: Any) -> Iterator[Cache]:
    where = f"{words(thing)} > {modifier.name}"
    if modifier.type in ("CLOTH", "SOFT_BODY"):
        yield _point_cache(where, modifier.point_cache)
    elif modifier.type == "FLUID" and modifier.fluid_type == "DOMAIN":
        domain = modifier.domain_settings
        yield Cache(where, domain.has_cache_baked_data, domain.cache_frame_start, domain.cache_frame_end)
    elif modifier.type == "DYNAMIC_PAINT" and modifier.canvas_settings is not None:
        for surface in modifier.canvas_settings.canvas_surfaces:
            yield _point_cache(f"{where} > {surface.name}", surface.point_cache)
    elif modifier.type == "NODES" and modifier.node_group is not None and _simulates(modifier.node_group, set()):
        yield from _of_nodes(thing, modifier, where)


def _of_nodes(thing: Any, modifier: Any, where: str) -> Iterator[Cache]:
    """Geometry nodes do not tell whether they are baked; what a bake leaves behind does."""
    folder = modifier.bake_directory
    packed = any(_is_packed(modifier, bake) for bake in modifier.bakes)
    if packed or (folder and os.path.isdir(absolute(folder, thing))):
        return
    if not any(bake.use_custom_path and bake.directory for bake in modifier.bakes):
        yield Cache(where, False, 0, 0)


def _is_packed(modifier: Any, bake: Any) -> bool:
    # 4.3 can keep bakes in the .blend, and does not tell from Python whether one is there.
    target = getattr(bake, "bake_target", "DISK")
    return "PACKED" in (target, getattr(modifier, "bake_target", "DISK") if target == "INHERIT" else "")


def _simulates(group: Any, seen: set[str]) -> bool:
    if group.name_full in seen:
        return False
    seen.add(group.name_full)
    return any(
        node.bl_idname == "GeometryNodeSimulationOutput"
        or (node.bl_idname == "GeometryNodeGroup" and node.node_tree is not None and _simulates(node.node_tree, seen))
        for node in group.nodes
    )


def _point_cache(where: str, cache: Any) -> Cache:
    return Cache(where, cache.is_baked or cache.use_external, cache.frame_start, cache.frame_end)
