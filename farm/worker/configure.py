"""Sets up the open scene according to the render config, and reports what is really used.

Values were checked by the farm (vocabulary.py); here they meet this Blender and this machine.
"""

from __future__ import annotations

from typing import Any

import bpy

from . import analyze, color, devices, losses, render_engines, splitting
from .output import image_format

Config = dict[str, Any]


def scene(scene: Any, config: Config, notices: list[str]) -> dict[str, Any]:
    """Apply the config to the scene.

    Args:
        config: as `final_request` makes it.
        notices: sentences that the notes start with.

    Returns:
        `finalConfig`: the settings in use, with notes on those that are unavailable.

    Raises:
        CannotRender: something that this Blender cannot render.
    """
    notes = list(notices)
    blocked = analyze.blocked_scripts()
    if blocked:
        notes.append(f"Scripts in the file do not run on a farm: {blocked}.")
    notes += losses.notices()
    view = color.apply_preset(scene, config["colorManagementPreset"])
    if "renderEngine" in config:
        render_engines.choose(scene, config["renderEngine"])
    _size_and_speed(scene.render, config)
    _sampling(scene, config, notes)
    _compositor(scene, config, notes)
    used = devices.choose(scene, config, notes)
    _denoising(scene, config, used, notes)
    image = image_format.apply(scene, config, notes)
    _make_render_batch_proof(scene)
    if config.get("splitFrames") and (reason := splitting.why_not(scene)):
        notes.append(f"Frames are not split, each is rendered by one machine: {reason}.")
    return {"finalConfig": {**_in_use(scene, config, view), **used, **image, "notices": notes}}


def _size_and_speed(render: Any, config: Config) -> None:
    if "resolution" in config:
        render.resolution_x, render.resolution_y = config["resolution"]
    if "resolutionPercentage" in config:
        render.resolution_percentage = config["resolutionPercentage"]
    if "fps" in config:
        # Blender keeps 23.976 as 24 / 1.001.
        render.fps = max(1, round(config["fps"]))
        render.fps_base = render.fps / config["fps"]


def _sampling(scene: Any, config: Config, notes: list[str]) -> None:
    if "sampleCount" in config and not render_engines.set_samples(scene, config["sampleCount"]):
        notes.append(f"{scene.render.engine} has no samples to set.")
    if scene.render.engine != "CYCLES":
        if "useTiling" in config or "tileSize" in config:
            notes.append("Tiling is available in Cycles only.")
        return
    if "useTiling" in config:
        scene.cycles.use_auto_tile = config["useTiling"]
    if "tileSize" in config:
        scene.cycles.tile_size = config["tileSize"]


def _compositor(scene: Any, config: Config, notes: list[str]) -> None:
    wanted = config.get("compositorDevice")
    if wanted == "GPU" and not devices.found():
        notes.append("No GPU was found: the compositor runs on the CPU.")
        wanted = "CPU"
    if wanted:
        scene.render.compositor_device = wanted


def _denoising(scene: Any, config: Config, used: Config, notes: list[str]) -> None:
    if scene.render.engine != "CYCLES":
        if "denoisingEnabled" in config or "denoiserType" in config:
            notes.append("Denoising is available in Cycles only.")
        return
    if "denoisingEnabled" in config:
        scene.cycles.use_denoising = config["denoisingEnabled"]
    if "denoiserType" in config:
        _denoiser(scene, config["denoiserType"], used, notes)
    if scene.cycles.use_denoising and not scene.cycles.denoiser:
        # Some distributions build Blender without denoisers.
        scene.cycles.use_denoising = False
        notes.append("This farm's Blender has no denoiser: frames are not denoised.")


def _denoiser(scene: Any, wanted: str, used: Config, notes: list[str]) -> None:
    if wanted == "OPTIX" and used["computeDeviceType"] not in ("OPTIX", "CUDA"):
        notes.append("OptiX denoising needs an NVIDIA GPU: OpenImageDenoise is used.")
        wanted = "OPENIMAGEDENOISE"
    try:
        scene.cycles.denoiser = wanted
    except TypeError:
        notes.append(f"This farm's Blender has no {wanted} denoiser.")


def _make_render_batch_proof(scene: Any) -> None:
    """Switch off settings for interactive work that would lose or skip frames here."""
    render = scene.render
    render.use_overwrite = True
    render.use_placeholder = False
    render.use_file_extension = True
    # 5.2 can render without writing anything.
    if hasattr(render, "save_output"):
        render.save_output = True


def _in_use(scene: Any, config: Config, view: str) -> Config:
    render = scene.render
    cycles = scene.cycles if render.engine == "CYCLES" else None
    return {
        "colorManagementPreset": config["colorManagementPreset"],
        "viewTransform": view,
        "look": scene.view_settings.look,
        "exposure": scene.view_settings.exposure,
        "gamma": scene.view_settings.gamma,
        "frameRanges": config["frameRanges"],
        **({"notes": config["notes"]} if "notes" in config else {}),
        **({"minimumRam": config["minimumRam"]} if "minimumRam" in config else {}),
        "renderEngine": render_engines.common_name(render.engine),
        "compositorDevice": render.compositor_device,
        "denoisingEnabled": bool(cycles and cycles.use_denoising),
        "denoiserType": (cycles.denoiser or None) if cycles else None,
        "sampleCount": render_engines.samples(scene),
        "useTiling": bool(cycles and cycles.use_auto_tile),
        "tileSize": cycles.tile_size if cycles else None,
        "fps": render.fps / render.fps_base,
        "resolution": [render.resolution_x, render.resolution_y],
        "resolutionPercentage": render.resolution_percentage,
        "scene": scene.name,
        "camera": scene.camera.name if scene.camera else None,
        "blenderVersion": bpy.app.version_string,
    }
