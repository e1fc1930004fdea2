"""The value of a driver at a time, if it depends on properties and not on positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from ctypes import c_float
from typing import Any

import bpy

from .expression import Unknown, evaluate

_COMBINE: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVERAGE": lambda values: sum(values) / len(values) if values else 0.0,
    "MIN": lambda values: min(values, default=0.0),
    "MAX": lambda values: max(values, default=0.0),
}


def value(curve: Any, time: float, read: Callable[[Any, str], float]) -> float:
    """The value of a driver's curve.

    Args:
        curve: Blender's, with its driver.
        time: in frames.
        read: returns the value of a data-block's path at the time.

    Raises:
        Unknown: the driver runs Python, or uses something whose value is not known.
    """
    driver = curve.driver
    if not driver.is_valid:
        raise Unknown(driver.expression)
    names = {variable.name: _variable(variable, time, read) for variable in driver.variables}
    if driver.type == "SCRIPTED":
        if not driver.is_simple_expression:  # a farm runs no Python; a finding reports that
            raise Unknown(driver.expression)
        given = evaluate(driver.expression, {"frame": time, **names})
    else:
        given = _COMBINE[driver.type](list(names.values()))
    given = c_float(given).value
    if not len(curve.keyframe_points) and not len(curve.modifiers):
        return given
    return float(curve.evaluate(given))


def _variable(variable: Any, time: float, read: Callable[[Any, str], float]) -> float:
    target = variable.targets[0]
    scene = target.id if variable.type == "SINGLE_PROP" else bpy.context.scene
    if variable.type not in ("SINGLE_PROP", "CONTEXT_PROP") or scene is None:
        raise Unknown(variable.name)
    if scene.id_type == "SCENE" and target.data_path in _CLOCKS:
        return _clock(scene, target.data_path, time)
    if variable.type == "CONTEXT_PROP":
        raise Unknown(variable.name)
    return read(target.id, target.data_path)


def _clock(scene: Any, name: str, time: float) -> float:
    """The time as the scene's properties show it: the frame of the timeline, or that with Time Stretching."""
    if name == "frame_current_final":
        return time
    frame = time * scene.render.frame_map_new / scene.render.frame_map_old
    return float(math.floor(frame + 1e-6)) if name == "frame_current" else frame


_CLOCKS = ("frame_current", "frame_float", "frame_current_final")
