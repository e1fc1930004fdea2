"""Cycles' devices on this machine, and the choice among them."""

from __future__ import annotations

from typing import Any

import bpy

_BY_SPEED = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")


def found() -> dict[str, list[Any]]:
    """GPUs of this machine by interface type, the fastest first."""
    preferences = _cycles_preferences()
    if preferences is None:
        return {}
    kinds = {}
    for kind in _BY_SPEED:
        try:
            gpus = [device for device in preferences.get_devices_for_type(kind) if device.type == kind]
        except (TypeError, ValueError):
            continue
        if gpus:
            kinds[kind] = gpus
    return kinds


def choose(scene: Any, config: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Set the device for Cycles; other engines use the system's default.

    Args:
        config: `computeDeviceType` and `gpuCount` of it.
        notes: gets a sentence on what is unavailable.

    Returns:
        The device type and count in use; `NONE` and 0 for the CPU.
    """
    if scene.render.engine != "CYCLES":
        if "computeDeviceType" in config or "gpuCount" in config:
            notes.append("The compute device applies to Cycles only.")
        return {"computeDeviceType": "NONE", "gpuCount": 0}
    kind, gpus = _wanted(scene, config, notes)
    if not gpus:
        scene.cycles.device = "CPU"
        return {"computeDeviceType": "NONE", "gpuCount": 0}
    preferences = _cycles_preferences()
    preferences.compute_device_type = kind
    for device in preferences.get_devices_for_type(kind):
        device.use = device in gpus
    scene.cycles.device = "GPU"
    return {"computeDeviceType": kind, "gpuCount": len(gpus)}


def use_only(scene: Any, number: int) -> None:
    """Render on only one of the chosen GPUs: the one with this number, modulo their count."""
    preferences = _cycles_preferences()
    if preferences is None or scene.render.engine != "CYCLES" or scene.cycles.device != "GPU":
        return
    kind = preferences.compute_device_type
    gpus = [device for device in preferences.get_devices_for_type(kind) if device.type == kind]
    for place, device in enumerate(gpus):
        device.use = place == number % len(gpus)


def _wanted(scene: Any, config: dict[str, Any], notes: list[str]) -> tuple[str, list[Any]]:
    kind = config.get("computeDeviceType")
    asks_for_gpu = kind not in ("NONE", "CPU") if kind else scene.cycles.device == "GPU"
    if not asks_for_gpu or config.get("gpuCount") == 0:
        return "NONE", []
    there = found()
    if kind and kind in there:
        chosen = kind
    elif there:
        chosen = next(iter(there))
        if kind:
            notes.append(f"No {kind} device was found: {chosen} is used.")
    else:
        notes.append("No GPU was found: Cycles renders on the CPU.")
        return "NONE", []
    count = config.get("gpuCount", len(there[chosen]))
    if count > len(there[chosen]):
        notes.append(f"{count} GPUs were asked for and {len(there[chosen])} found.")
    return chosen, there[chosen][:count]


def _cycles_preferences() -> Any:
    addon: Any = bpy.context.preferences.addons.get("cycles")
    return addon.preferences if addon else None
