"""Projects whose values change over time, or whose data runs by another time than the scene's.

Each answers with the files that frames 3 to 5 need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from cache_projects import alembic_sequence, mesh_cache, ocean, volume_sequence
from making import image_file, image_strip_of, paint, pictures, plane, save, strips
from picture_projects import composite


def alembic_sequence_driven(folder: Path) -> list[Path]:
    """The frame that the cache is held at follows the scene's, by half of it."""
    made = alembic_sequence(folder)
    (cache,) = bpy.data.cache_files
    cache.override_frame = True
    _drive(cache, "frame", "frame / 2 + 3")
    save(folder / "scene.blend")
    return [folder / "abc" / f"step_{number:04d}.abc" for number in (4, 5)] if made else []


def volume_offset_keyed(folder: Path) -> list[Path]:
    volume_sequence(folder)
    (volume,) = bpy.data.volumes
    _key(volume, "frame_offset", (1, 0), (3, -1), (5, 1))
    save(folder / "scene.blend")
    return [folder / "vdb" / f"smoke_{number:03d}.vdb" for number in (2, 4, 6)]


def modifier_shown_later(folder: Path) -> list[Path]:
    """The file was saved at a frame where the modifier is off."""
    made = mesh_cache(folder)
    _key(bpy.data.objects["Plane"].modifiers[0], "show_render", (4, True), (1, False))
    bpy.context.scene.frame_set(1)
    save(folder / "scene.blend")
    return made


def strip_shown_later(folder: Path) -> list[Path]:
    plane()
    made = pictures(folder / "strip", 8)
    strip = image_strip_of(made)
    _key(strip, "mute", (4, False), (1, True))
    bpy.context.scene.frame_set(1)
    save(folder / "scene.blend")
    return made[2:5]


def sequence_driven(folder: Path) -> list[Path]:
    """By a property of the object that is keyed, through a driver of two variables."""
    made, user = _shown_sequence(folder)
    thing = bpy.data.objects["Plane"]
    thing["shift"] = 0.0
    _key(thing, '["shift"]', (1, 2.0), (5, 6.0))
    driver = _drive(user, "frame_offset", "max(shift, 1) - (step if step > 0 else 0)")
    _variable(driver, "shift", thing, '["shift"]')
    _variable(driver, "step", bpy.context.scene, "frame_step")
    save(folder / "scene.blend")
    return [made[number - 1] for number in (6, 8, 10)]


def sequence_driven_by_position(folder: Path) -> list[Path]:
    """All files: where a thing is cannot be told from its properties."""
    made, user = _shown_sequence(folder)
    driver = _drive(user, "frame_offset", "place")
    variable = driver.variables.new()
    variable.name, variable.type = "place", "TRANSFORMS"
    variable.targets[0].id = bpy.data.objects["Plane"]
    save(folder / "scene.blend")
    return made


def sequence_by_nla(folder: Path) -> list[Path]:
    """A strip plays the action at half speed from frame 3 on, over one that it replaces."""
    made, user = _shown_sequence(folder)
    _key(user, "frame_offset", (1, 0), (2, 4), (3, 5), linear=True)
    data = user.id_data.animation_data
    action, data.action = data.action, None
    below = data.nla_tracks.new().strips.new("Below", 1, action)
    below.scale = 5.0
    above = data.nla_tracks.new().strips.new("Above", 3, action)
    above.scale = 2.0
    for strip in (below, above):
        strip.blend_type = "REPLACE"
        _keep_slot(strip)
    above.extrapolation = "NOTHING"
    bpy.context.scene.frame_set(4)
    save(folder / "scene.blend")
    return [made[number - 1] for number in (3, 6, 9)]


def sequence_by_blended_nla(folder: Path) -> list[Path]:
    """All files: the strip adds to what is below it."""
    made, user = _shown_sequence(folder)
    _key(user, "frame_offset", (1, 0), (6, 5))
    data = user.id_data.animation_data
    action, data.action = data.action, None
    strip = data.nla_tracks.new().strips.new("Adds", 1, action)
    strip.blend_type = "ADD"
    _keep_slot(strip)
    save(folder / "scene.blend")
    return made


def sequence_by_slot(folder: Path) -> list[Path]:
    """One action holds the curves of two materials; only one of them is shown."""
    made, user = _shown_sequence(folder)
    _key(user, "frame_offset", (1, 1), (6, 1))
    tree = user.id_data
    other = bpy.data.materials["Paint"].copy()
    other.use_fake_user = True
    other.node_tree.animation_data_clear()
    other.node_tree.animation_data_create().action = tree.animation_data.action
    slots = tree.animation_data.action.slots
    other.node_tree.animation_data.action_slot = slots.new("NODETREE", "Other")
    _key(_user(other), "frame_offset", (1, 5), (6, 9))
    assert len(slots) == 2
    save(folder / "scene.blend")
    return made[3:6]


def stretched_textures(folder: Path) -> list[Path]:
    """Cycles counts the pictures of a texture by the timeline, Time Stretching or not."""
    made, _ = _shown_sequence(folder)
    _stretch(100, 200)
    save(folder / "scene.blend")
    return made[2:5]


def stretched_displacement(folder: Path) -> list[Path]:
    """What a modifier reads is counted by the stretched time."""
    thing = plane()
    thing.scale = (0.4, 0.4, 1)
    made = pictures(folder / "seq", 12)
    texture = bpy.data.textures.new("Heights", "IMAGE")
    texture.image = bpy.data.images.load(str(made[0]))
    texture.image.source = "SEQUENCE"
    texture.image_user.frame_duration = 12
    modifier = thing.modifiers.new("Lifts", "DISPLACE")
    modifier.texture, modifier.texture_coords, modifier.direction = texture, "UV", "X"
    _stretch(100, 200)
    save(folder / "scene.blend")
    return made[:2]


def stretched_volume(folder: Path) -> list[Path]:
    made = volume_sequence(folder)
    _stretch(100, 50)
    save(folder / "scene.blend")
    return [made[0].with_name(f"smoke_{number:03d}.vdb") for number in (6, 8)]


def stretched_alembic(folder: Path) -> list[Path]:
    made = alembic_sequence(folder)
    _stretch(100, 200)
    save(folder / "scene.blend")
    return [made[0].with_name(f"step_{number:04d}.abc") for number in (1, 2)]


def stretched_ocean(folder: Path) -> list[Path]:
    if not ocean(folder):
        return []
    _stretch(100, 200)
    save(folder / "scene.blend")
    return [file for number in (1, 2) for file in sorted((folder / "sea").glob(f"*_{number:04d}.exr"))]


def open_shutter(folder: Path) -> list[Path]:
    """The shutter is open for three frames, from the frame on."""
    made = volume_sequence(folder)
    bpy.context.scene.render.use_motion_blur = True
    _shutter(3.0, "START")
    save(folder / "scene.blend")
    return [made[0].with_name(f"smoke_{number:03d}.vdb") for number in range(3, 9)]


def centered_shutter(folder: Path) -> list[Path]:
    """Rolling or not, Cycles looks at the time at which the shutter is open."""
    made = volume_sequence(folder)
    bpy.context.scene.cycles.rolling_shutter_type = "TOP"
    bpy.context.scene.render.use_motion_blur = True
    _shutter(3.0, "CENTER")
    save(folder / "scene.blend")
    return [made[0].with_name(f"smoke_{number:03d}.vdb") for number in range(1, 7)]


def vector_pass(folder: Path) -> list[Path]:
    """It holds how far things move to the next frame and from the one before."""
    made = alembic_sequence(folder)
    bpy.context.view_layer.use_pass_vector = True
    save(folder / "scene.blend")
    return [made[0].with_name(f"step_{number:04d}.abc") for number in range(2, 7)]


def clip_strip(folder: Path) -> list[Path]:
    """The strip lies two frames later than the clip's own count, and was cut at its start."""
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 25, 24) for number in range(11, 31)]
    clip = bpy.data.movieclips.load(str(made[0]))
    clip.frame_start, clip.frame_offset = 5, 1
    strip = strips().new_clip("Clip", clip, channel=1, frame_start=2)
    strip.frame_offset_start = 1
    save(folder / "scene.blend")
    first = made[:1] if bpy.app.version < (4, 5, 0) else []
    return sorted({*first, *made[2:5]})


def clip_strip_and_compositor(folder: Path) -> list[Path]:
    """Two strips of two clips, one of them composited in another scene's compositor, which nobody renders."""
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 25, 24) for number in range(1, 21)]
    clip = bpy.data.movieclips.load(str(made[0]))
    composite("CompositorNodeMovieClip", clip=clip)
    strips().new_clip("Clip", clip, channel=1, frame_start=-9)
    save(folder / "scene.blend")
    first = made[:1] if bpy.app.version < (4, 5, 0) else []
    return sorted({*first, *made[12:15]})


def retimed_strip(folder: Path) -> list[Path]:
    """Twice as fast."""
    plane()
    made = pictures(folder / "strip", 20)
    _set_speed(image_strip_of(made), 200)
    save(folder / "scene.blend")
    return [made[4], made[6], made[8]]


def retimed_scene_strip(folder: Path) -> list[Path]:
    """All that the strip could show: how fast another scene runs in it cannot be told."""
    made, _ = _shown_sequence(folder)
    shot = bpy.context.scene
    shot.frame_start, shot.frame_end = 1, 10
    edit = bpy.data.scenes.new("Edit")
    edit.render.resolution_x = edit.render.resolution_y = 24
    bpy.context.window.scene = edit
    strip = strips().new_scene(name="Shot", scene=shot, channel=1, frame_start=1)
    strip.scene_input = "CAMERA"
    _set_speed(strip, 200)
    save(folder / "scene.blend")
    return made[:10]


def _shown_sequence(folder: Path, count: int = 12) -> tuple[list[Path], Any]:
    """Pictures on the plane; the image user that says which."""
    thing = plane()
    made = pictures(folder / "seq", count)
    loaded = bpy.data.images.load(str(made[0]))
    loaded.source = "SEQUENCE"
    user = paint(thing, loaded).image_user
    user.frame_duration, user.use_auto_refresh = count, True
    return made, user


def _user(material: Any) -> Any:
    return next(node for node in material.node_tree.nodes if node.type == "TEX_IMAGE").image_user


def _key(thing: Any, name: str, *values: tuple[int, Any], linear: bool = False) -> None:
    for frame, value in values:
        if name.startswith("["):
            thing[name[2:-2]] = value
        else:
            setattr(thing, name, value)
        thing.keyframe_insert(name, frame=frame)
    if linear or name.startswith("["):
        for curve in _curves(thing.id_data.animation_data.action):
            for point in curve.keyframe_points:
                point.interpolation = "LINEAR"


def _curves(action: Any) -> Any:
    if hasattr(action, "fcurves"):
        return action.fcurves
    return [curve for bag in action.layers[0].strips[0].channelbags for curve in bag.fcurves]


def _keep_slot(strip: Any) -> None:
    if hasattr(strip, "action_slot"):
        strip.action_slot = strip.action.slots[0]


def _drive(thing: Any, name: str, expression: str) -> Any:
    driver = thing.driver_add(name).driver
    driver.type, driver.expression = "SCRIPTED", expression
    return driver


def _variable(driver: Any, name: str, block: Any, path: str) -> None:
    variable = driver.variables.new()
    variable.name = name
    target = variable.targets[0]
    if block.id_type == "SCENE":
        target.id_type = "SCENE"
    target.id, target.data_path = block, path


def _set_speed(strip: Any, percent: float) -> None:
    """Blender's own operator: keys added from Python crash it while there are none."""
    window, scene = bpy.context.window_manager.windows[0], bpy.context.scene
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    strip.select, scene.sequence_editor.active_strip = True, strip
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=percent)


def _stretch(old: int, new: int) -> None:
    render = bpy.context.scene.render
    render.frame_map_old, render.frame_map_new = old, new


def _shutter(length: float, position: str) -> None:
    render = bpy.context.scene.render
    render.motion_blur_shutter, render.motion_blur_position = length, position
