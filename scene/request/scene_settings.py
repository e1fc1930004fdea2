# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scene itself says about its render, in the contract's words.  Reads, never writes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from bpy.types import Scene

from . import formats

_CONTRACT = {
    "render_engine": "renderEngine",
    "sample_count": "sampleCount",
    "denoising_enabled": "denoisingEnabled",
    "use_tiling": "useTiling",
    "tile_size": "tileSize",
    "fps": "fps",
    "resolution": "resolution",
    "resolution_percentage": "resolutionPercentage",
    "output_format": "outputFormat",
}


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """The scene's own values; None where its engine has no such thing.

    render_engine: the common name, the same for every Blender version.  frames: first, last, step.
    image: colorMode, colorDepth, … as outputSettings has them.
    """

    render_engine: str
    sample_count: int | None
    denoising_enabled: bool | None
    use_tiling: bool | None
    tile_size: int | None
    fps: float
    resolution: tuple[int, int]
    resolution_percentage: int
    output_format: str
    image: dict[str, Any]
    frames: tuple[int, int, int]

    def as_config(self) -> dict[str, Any]:
        """As members of requestedRenderConfig."""
        config: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in _CONTRACT and value is not None:
                config[_CONTRACT[one.name]] = list(value) if isinstance(value, tuple) else value
        return {**config, "outputSettings": dict(self.image)}


def read(scene: Scene) -> SceneSettings:
    """Everything at once."""
    render = scene.render
    engine = portable_engine(render.engine)
    cycles = scene.cycles if engine == "CYCLES" else None
    return SceneSettings(
        render_engine=engine,
        sample_count=_samples(scene, engine),
        denoising_enabled=cycles.use_denoising if cycles else None,
        use_tiling=cycles.use_auto_tile if cycles else None,
        tile_size=cycles.tile_size if cycles else None,
        fps=round(render.fps / render.fps_base, 6),
        resolution=(render.resolution_x, render.resolution_y),
        resolution_percentage=render.resolution_percentage,
        output_format=render.image_settings.file_format,
        image=_image(render.image_settings),
        frames=(scene.frame_start, scene.frame_end, scene.frame_step),
    )


def portable_engine(identifier: str) -> str:
    """The engine's name in the contract: EEVEE was called BLENDER_EEVEE_NEXT from 4.2 to 4.5."""
    return "BLENDER_EEVEE" if identifier == "BLENDER_EEVEE_NEXT" else identifier


def _samples(scene: Scene, engine: str) -> int | None:
    if engine == "CYCLES":
        return int(scene.cycles.samples)
    if engine == "BLENDER_EEVEE":
        return int(scene.eevee.taa_render_samples)
    return None


def _image(image: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"colorMode": image.color_mode, "colorDepth": image.color_depth}
    kind = image.file_format
    if kind in formats.EXR:
        settings["exrCodec"] = image.exr_codec
    elif kind == "TIFF":
        settings["tiffCodec"] = image.tiff_codec
    elif kind == "PNG":
        settings["compression"] = image.compression
    if kind in formats.WITH_QUALITY:
        settings["quality"] = image.quality
    return settings
