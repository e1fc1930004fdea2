"""The scene's own render settings, in the contract's terms. Read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bpy.types import Scene

from . import formats

_CONTRACT = {
    "render_engine": "renderEngine",
    "sample_count": "sampleCount",
    "device": "computeDeviceType",
    "compositor_device": "compositorDevice",
    "denoising_enabled": "denoisingEnabled",
    "denoiser_type": "denoiserType",
    "use_tiling": "useTiling",
    "tile_size": "tileSize",
    "fps": "fps",
    "resolution": "resolution",
    "resolution_percentage": "resolutionPercentage",
    "output_format": "outputFormat",
}


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """The scene's own values; None if the engine has no such setting.

    render_engine: the common name, the same for every Blender version. frames: first, last, step.
    device: CPU, or GPU for any kind that the rendering computer has, which the contract has no term for.
    image: colorMode, colorDepth, … as outputSettings has them.
    """

    render_engine: str
    sample_count: int | None
    device: str | None
    compositor_device: str
    denoising_enabled: bool | None
    denoiser_type: str | None
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


_ATTRIBUTES = {
    "colorMode": "color_mode",
    "colorDepth": "color_depth",
    "exrCodec": "exr_codec",
    "tiffCodec": "tiff_codec",
    "compression": "compression",
    "quality": "quality",
}


def read(scene: Scene, overrides: Mapping[str, Any] | None = None) -> SceneSettings:
    """Everything at once.

    overrides: members of requestedRenderConfig; if they change the engine or format, the scene's settings for that one
    are read.
    """
    overrides = overrides or {}
    render = scene.render
    engine = overrides.get("renderEngine") or formats.portable_engine(render.engine)
    cycles = getattr(scene, "cycles", None) if engine == "CYCLES" else None
    return SceneSettings(
        render_engine=formats.portable_engine(render.engine),
        sample_count=_samples(scene, engine),
        device=cycles.device if cycles else None,
        compositor_device=render.compositor_device,
        denoising_enabled=cycles.use_denoising if cycles else None,
        denoiser_type=_denoiser(cycles) if cycles else None,
        use_tiling=cycles.use_auto_tile if cycles else None,
        tile_size=cycles.tile_size if cycles else None,
        fps=round(render.fps / render.fps_base, 6),
        resolution=(render.resolution_x, render.resolution_y),
        resolution_percentage=render.resolution_percentage,
        output_format=render.image_settings.file_format,
        image=_image(render.image_settings, overrides.get("outputFormat") or render.image_settings.file_format),
        frames=(scene.frame_start, scene.frame_end, scene.frame_step),
    )


def _samples(scene: Scene, engine: str) -> int | None:
    if engine == "CYCLES":
        return int(scene.cycles.samples) if hasattr(scene, "cycles") else None
    if engine == "BLENDER_EEVEE":
        return int(scene.eevee.taa_render_samples)
    return None


def _denoiser(cycles: Any) -> str:
    """Some distributions build Blender without denoisers; reading the choice there prints a warning each time."""
    import _cycles  # type: ignore[import-not-found]

    return cycles.denoiser if _cycles.with_openimagedenoise else "NONE"


def _image(image: Any, kind: str) -> dict[str, Any]:
    row = formats.BY_IDENTIFIER.get(kind)
    names = ("colorMode", "colorDepth", *(row.settings if row else ()))
    return {name: getattr(image, _ATTRIBUTES[name]) for name in names}
