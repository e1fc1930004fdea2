"""The one table of what a scene may override: property, field of the contract, and group in the panel. No bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...client.setting_limits import SETTINGS


@dataclass(frozen=True, slots=True)
class Override:
    """One value that may differ from the scene's own.

    name: of the property on the scene; its switch is called ``use_`` and this name.
    field: in requestedRenderConfig. section: the member of the config that holds the field, or "".
    otherwise: what is shown instead of a scene's value if scenes have none.
    needs: the kind of server that it requires: a farm of several computers ("nodes"), or one that renders
    several frames at a time ("slots"); "" for any.
    """

    name: str
    label: str
    field: str
    section: str = ""
    is_percentage: bool = False
    is_advanced: bool = False
    otherwise: str = ""
    needs: str = ""

    @property
    def switch(self) -> str:
        return f"use_{self.name}"

    @property
    def limits(self) -> dict[str, int]:
        """The minimum and maximum, as for Blender's number properties."""
        setting = SETTINGS[f"{self.section}.{self.field}" if self.section else self.field]
        return {end: limit for end, limit in (("min", setting.least), ("max", setting.most)) if limit is not None}


OVERRIDES = (
    Override("render_engine", "Render Engine", "renderEngine"),
    Override("sample_count", "Samples", "sampleCount"),
    Override("denoising_enabled", "Denoise", "denoisingEnabled"),
    Override("resolution", "Resolution", "resolution"),
    Override("resolution_percentage", "Resolution %", "resolutionPercentage", is_percentage=True),
    Override("output_format", "File Format", "outputFormat"),
    Override("color_mode", "Color", "colorMode", "outputSettings"),
    Override("color_depth", "Color Depth", "colorDepth", "outputSettings"),
    Override("exr_codec", "EXR Codec", "exrCodec", "outputSettings"),
    Override("compression", "Compression", "compression", "outputSettings", is_percentage=True),
    Override("quality", "Quality", "quality", "outputSettings", is_percentage=True),
    Override("compute_device", "Device", "computeDeviceType", is_advanced=True),
    Override("gpu_count", "GPU Count", "gpuCount", is_advanced=True, otherwise="All"),
    Override("minimum_ram", "Minimum RAM", "minimumRam", is_advanced=True, otherwise="Any Amount"),
    Override("compositor_device", "Compositor", "compositorDevice", is_advanced=True),
    Override("denoiser_type", "Denoiser", "denoiserType", is_advanced=True),
    Override("tiling", "Use Tiling", "useTiling", is_advanced=True),
    Override("tile_size", "Tile Size", "tileSize", is_advanced=True),
    Override("split_frames", "Split Frames", "splitFrames", is_advanced=True, otherwise="Off", needs="slots"),
    Override("same_device", "Same Kind of Device", "sameDevice", is_advanced=True, otherwise="On", needs="nodes"),
    Override("fps", "Frame Rate", "fps", is_advanced=True),
    Override("tiff_codec", "TIFF Codec", "tiffCodec", "outputSettings", is_advanced=True),
    Override("notes", "Job Notes", "notes", is_advanced=True, otherwise="None"),
)


def chosen(settings: Any) -> tuple[Override, ...]:
    """The enabled overrides."""
    return tuple(one for one in OVERRIDES if getattr(settings, one.switch))


def differing(settings: Any, config: Mapping[str, Any]) -> tuple[Override, ...]:
    """The enabled overrides that differ from the scene, whose settings are in config."""
    return tuple(one for one in chosen(settings) if _plain(getattr(settings, one.name)) != scene_value(config, one))


def as_config(settings: Any) -> dict[str, Any]:
    """The enabled overrides as in the contract; only these are sent."""
    config: dict[str, Any] = {}
    for one in chosen(settings):
        value = _plain(getattr(settings, one.name))
        if value == "":
            continue
        target = config.setdefault(one.section, {}) if one.section else config
        target[one.field] = value
    return config


def _plain(value: Any) -> Any:
    """The value for JSON; Blender stores floats in single precision, with six or seven digits."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return value if isinstance(value, str | int) else list(value)


def scene_value(config: Mapping[str, Any], one: Override) -> Any:
    """The scene's own value, from its settings as in the contract; None if it has none."""
    section = config.get(one.section) or {} if one.section else config
    return section.get(one.field)
