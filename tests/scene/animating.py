"""How the projects of the scan's tests let values change over time. Runs in a Blender."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from making import paint, pictures, plane


def shown_sequence(folder: Path, count: int = 12) -> tuple[list[Path], Any]:
    """Pictures on the plane; the image user that says which."""
    thing = plane()
    made = pictures(folder / "seq", count)
    loaded = bpy.data.images.load(str(made[0]))
    loaded.source = "SEQUENCE"
    user = paint(thing, loaded).image_user
    user.frame_duration, user.use_auto_refresh = count, True
    return made, user


def key(thing: Any, name: str, *values: tuple[int, Any], linear: bool = False) -> None:
    for frame, value in values:
        if name.startswith("["):
            thing[name[2:-2]] = value
        else:
            setattr(thing, name, value)
        thing.keyframe_insert(name, frame=frame)
    if linear or name.startswith("["):
        for curve in curves(thing.id_data.animation_data.action):
            for point in curve.keyframe_points:
                point.interpolation = "LINEAR"


def curves(action: Any) -> Any:
    if hasattr(action, "fcurves"):
        return action.fcurves
    return [curve for bag in action.layers[0].strips[0].channelbags for curve in bag.fcurves]


def keep_slot(strip: Any) -> None:
    if hasattr(strip, "action_slot"):
        strip.action_slot = strip.action.slots[0]


def drive(thing: Any, name: str, expression: str, index: int = -1) -> Any:
    driver = thing.driver_add(name, index).driver
    driver.type, driver.expression = "SCRIPTED", expression
    return driver


def variable(driver: Any, name: str, block: Any, path: str) -> None:
    variable = driver.variables.new()
    variable.name = name
    target = variable.targets[0]
    if block.id_type == "SCENE":
        target.id_type = "SCENE"
    target.id, target.data_path = block, path


def stretch(old: int, new: int) -> None:
    render = bpy.context.scene.render
    render.frame_map_old, render.frame_map_new = old, new
