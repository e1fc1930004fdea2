"""Scenes whose values change over time, for the tests of the checks; each answers with members of its request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from making import paint, pictures, plane, save


def sequence_by_position(folder: Path) -> None:
    """All files are sent, because a driver reads where something is."""
    user = _shown_sequence(folder)
    driver = user.driver_add("frame_offset").driver
    driver.type = "SUM"
    variable = driver.variables.new()
    variable.type = "TRANSFORMS"
    variable.targets[0].id = bpy.data.objects["Plane"]
    save(folder / "scene.blend")


def sequence_of_few(folder: Path) -> None:
    _shown_sequence(folder)
    save(folder / "scene.blend")


def cloth_on_a_stretched_timeline(folder: Path) -> None:
    """Frames 3 to 5 are times 6 to 10 of the bake, which ends at 10."""
    _cloth(folder)
    cache = bpy.data.objects["Plane"].modifiers[0].point_cache
    cache.frame_start, cache.frame_end = 6, 10
    with bpy.context.temp_override(scene=bpy.context.scene, point_cache=cache):
        bpy.ops.ptcache.bake(bake=True)
    render = bpy.context.scene.render
    render.frame_map_old, render.frame_map_new = 200, 100
    save(folder / "scene.blend")


def cloth_switched_on_later(folder: Path) -> None:
    modifier = _cloth(folder)
    for frame, is_on in ((4, True), (1, False)):
        modifier.show_render = is_on
        modifier.keyframe_insert("show_render", frame=frame)
    save(folder / "scene.blend")


def _cloth(folder: Path) -> Any:
    thing = plane()
    save(folder / "scene.blend")
    return thing.modifiers.new("Cloth", "CLOTH")


def _shown_sequence(folder: Path) -> Any:
    thing = plane()
    loaded = bpy.data.images.load(str(pictures(folder / "seq", 12)[0]))
    loaded.source = "SEQUENCE"
    user = paint(thing, loaded).image_user
    user.frame_duration, user.use_auto_refresh = 12, True
    return user


SCENES = (sequence_by_position, sequence_of_few, cloth_on_a_stretched_timeline, cloth_switched_on_later)
