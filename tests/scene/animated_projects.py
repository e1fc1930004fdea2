"""Projects whose values change over time; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from animating import drive, keep_slot, key, shown_sequence, stretch, variable
from cache_projects import alembic_sequence, mesh_cache, volume_sequence
from composite_projects import composite
from making import image_strip_of, pictures, plane, save


def alembic_sequence_driven(folder: Path) -> list[Path]:
    """The frame that the cache is held at follows the scene's, by half of it."""
    made = alembic_sequence(folder)
    (cache,) = bpy.data.cache_files
    cache.override_frame = True
    drive(cache, "frame", "frame / 2 + 3")
    save(folder / "scene.blend")
    return [folder / "abc" / f"step_{number:04d}.abc" for number in (4, 5)] if made else []


def volume_offset_keyed(folder: Path) -> list[Path]:
    volume_sequence(folder)
    (volume,) = bpy.data.volumes
    key(volume, "frame_offset", (1, 0), (3, -1), (5, 1))
    save(folder / "scene.blend")
    return [folder / "vdb" / f"smoke_{number:03d}.vdb" for number in (2, 4, 6)]


def modifier_shown_later(folder: Path) -> list[Path]:
    """The file was saved at a frame where the modifier is off."""
    made = mesh_cache(folder)
    key(bpy.data.objects["Plane"].modifiers[0], "show_render", (4, True), (1, False))
    bpy.context.scene.frame_set(1)
    save(folder / "scene.blend")
    return made


def strip_shown_later(folder: Path) -> list[Path]:
    plane()
    made = pictures(folder / "strip", 8)
    strip = image_strip_of(made)
    key(strip, "mute", (4, False), (1, True))
    bpy.context.scene.frame_set(1)
    save(folder / "scene.blend")
    return made[2:5]


def sequence_driven(folder: Path) -> list[Path]:
    """By a property of the object that is keyed, through a driver of two variables."""
    made, user = shown_sequence(folder)
    thing = bpy.data.objects["Plane"]
    thing["shift"] = 0.0
    key(thing, '["shift"]', (1, 2.0), (5, 6.0))
    driver = drive(user, "frame_offset", "max(shift, 1) - (step if step > 0 else 0)")
    variable(driver, "shift", thing, '["shift"]')
    variable(driver, "step", bpy.context.scene, "frame_step")
    save(folder / "scene.blend")
    return [made[number - 1] for number in (6, 8, 10)]


def sequence_driven_by_position(folder: Path) -> list[Path]:
    """All files: where a thing is cannot be told from its properties."""
    made, user = shown_sequence(folder)
    driver = drive(user, "frame_offset", "place")
    variable = driver.variables.new()
    variable.name, variable.type = "place", "TRANSFORMS"
    variable.targets[0].id = bpy.data.objects["Plane"]
    save(folder / "scene.blend")
    return made


def sequence_by_nla(folder: Path) -> list[Path]:
    """A strip plays the action at half speed from frame 3 on, over one that it replaces."""
    made, user = shown_sequence(folder)
    key(user, "frame_offset", (1, 0), (2, 4), (3, 5), linear=True)
    data = user.id_data.animation_data
    action, data.action = data.action, None
    below = data.nla_tracks.new().strips.new("Below", 1, action)
    below.scale = 5.0
    above = data.nla_tracks.new().strips.new("Above", 3, action)
    above.scale = 2.0
    for strip in (below, above):
        strip.blend_type = "REPLACE"
        keep_slot(strip)
    above.extrapolation = "NOTHING"
    bpy.context.scene.frame_set(4)
    save(folder / "scene.blend")
    return [made[number - 1] for number in (3, 6, 9)]


def sequence_by_blended_nla(folder: Path) -> list[Path]:
    """All files: the strip adds to what is below it."""
    made, user = shown_sequence(folder)
    key(user, "frame_offset", (1, 0), (6, 5))
    data = user.id_data.animation_data
    action, data.action = data.action, None
    strip = data.nla_tracks.new().strips.new("Adds", 1, action)
    strip.blend_type = "ADD"
    keep_slot(strip)
    save(folder / "scene.blend")
    return made


def sequence_by_slot(folder: Path) -> list[Path]:
    """One action holds the curves of two materials; only one of them is shown."""
    made, user = shown_sequence(folder)
    key(user, "frame_offset", (1, 1), (6, 1))
    tree = user.id_data
    other = bpy.data.materials["Paint"].copy()
    other.use_fake_user = True
    other.node_tree.animation_data_clear()
    other.node_tree.animation_data_create().action = tree.animation_data.action
    slots = tree.animation_data.action.slots
    other.node_tree.animation_data.action_slot = slots.new("NODETREE", "Other")
    key(_user(other), "frame_offset", (1, 5), (6, 9))
    assert len(slots) == 2
    save(folder / "scene.blend")
    return made[3:6]


def sequence_by_repeated_nla(folder: Path) -> list[Path]:
    """A fifth as long, four times."""
    return _by_one_strip(folder, [4, 7, 10], scale=0.2, repeat=4)


def sequence_by_reversed_nla(folder: Path) -> list[Path]:
    """Each frame later the picture goes back by one, and the sequence goes on by one."""
    return _by_one_strip(folder, [10], use_reverse=True)


def sequence_by_driver_curve(folder: Path) -> list[Path]:
    """The curve of a driver makes half of what it is given, which another property is driven to be."""
    made, user = shown_sequence(folder)
    thing = bpy.data.objects["Plane"]
    drive(thing, "location", "frame * 0 + 2", 1)
    curve = user.driver_add("frame_offset")
    curve.driver.type, curve.driver.expression = "SCRIPTED", "frame + up - 2"
    variable(curve.driver, "up", thing, "location.y")
    while len(curve.keyframe_points):
        curve.keyframe_points.remove(curve.keyframe_points[0])
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    for place in (0, 10):
        curve.keyframe_points.insert(place, place / 2).interpolation = "LINEAR"
    save(folder / "scene.blend")
    return [made[number - 1] for number in (4, 6, 7)]


def composited_keyed(folder: Path) -> list[Path]:
    """The compositor counts by the timeline, and its keys by the stretched time."""
    plane()
    made = pictures(folder / "seq", 20)
    loaded = bpy.data.images.load(str(made[0]))
    loaded.source = "SEQUENCE"
    composite("CompositorNodeImage", image=loaded)
    scene = bpy.context.scene
    tree = scene.compositing_node_group if hasattr(scene, "compositing_node_group") else scene.node_tree
    node = next(node for node in tree.nodes if node.type == "IMAGE")
    node.frame_duration, node.use_auto_refresh = 20, True
    key(node, "frame_offset", (1, 2), (5, 6), linear=True)
    stretch(100, 200)
    save(folder / "scene.blend")
    return [made[number - 1] for number in (6, 7, 9)]


def volume_back_and_forth(folder: Path) -> list[Path]:
    volume_sequence(folder)
    (volume,) = bpy.data.volumes
    volume.sequence_mode, volume.frame_duration, volume.frame_start = "PING_PONG", 3, -3
    key(volume, "frame_offset", (1, 0), (5, 2))
    save(folder / "scene.blend")
    return [folder / "vdb" / f"smoke_{number:03d}.vdb" for number in (3, 4)]


def _by_one_strip(folder: Path, numbers: list[int], **members: Any) -> list[Path]:
    made, user = shown_sequence(folder, 30)
    key(user, "frame_offset", (1, 0), (10, 9), linear=True)
    data = user.id_data.animation_data
    action, data.action = data.action, None
    strip = data.nla_tracks.new().strips.new("Plays", 1, action)
    for name, value in members.items():
        setattr(strip, name, value)
    keep_slot(strip)
    save(folder / "scene.blend")
    return [made[number - 1] for number in numbers]


def _user(material: Any) -> Any:
    return next(node for node in material.node_tree.nodes if node.type == "TEX_IMAGE").image_user
