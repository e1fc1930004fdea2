# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of what a scene may override: property, field of the contract, and group in the panel.  No bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Override:
    """One value that may differ from the scene's own.

    name: of the property on the scene; its switch is called ``use_`` and this name.
    field: in requestedRenderConfig.  section: the member of the config that holds the field, or "".
    """

    name: str
    label: str
    field: str
    section: str = ""
    is_percentage: bool = False

    @property
    def switch(self) -> str:
        return f"use_{self.name}"


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
)


def chosen(settings: Any) -> tuple[Override, ...]:
    """Those that are switched on."""
    return tuple(one for one in OVERRIDES if getattr(settings, one.switch))


def as_config(settings: Any) -> dict[str, Any]:
    """The switched-on ones in the contract's words; only these are sent."""
    config: dict[str, Any] = {}
    for one in chosen(settings):
        value = getattr(settings, one.name)
        if one.name == "resolution":
            value = list(value)
        target = config.setdefault(one.section, {}) if one.section else config
        target[one.field] = value
    return config


def scene_value(config: Mapping[str, Any], one: Override) -> Any:
    """The scene's own value, taken from its settings in the contract's words; None when it has none."""
    section = config.get(one.section) or {} if one.section else config
    return section.get(one.field)
