"""The format of the frames: always single images, whatever the scene says."""

from __future__ import annotations

from typing import Any

from ..cannot_render import CannotRender

_MOVIES = frozenset({"FFMPEG", "AVI_JPEG", "AVI_RAW"})
_MULTILAYER = "OPEN_EXR_MULTILAYER"


def apply(scene: Any, config: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Set format, color mode, depth, codecs, compression and quality.

    Args:
        config: `outputFormat` and `outputSettings` of it.
        notes: gets a sentence where a movie becomes a sequence of pictures.

    Returns:
        The format and the settings in use.

    Raises:
        CannotRender: settings that cannot be combined.
    """
    image = scene.render.image_settings
    wanted = config.get("outputFormat")
    if wanted is None and image.file_format in _MOVIES:
        wanted = "PNG"
        notes.append("The scene writes a movie; the farm renders an image sequence (PNG) instead.")
    if wanted:
        _set_format(image, wanted)
    settings = config.get("outputSettings") or {}
    for key, attribute in _attributes(image.file_format).items():
        if settings.get(key) is not None:
            _set(image, attribute, settings[key])
    return {"outputFormat": image.file_format, "outputSettings": _in_use(image)}


def _set_format(image: Any, wanted: str) -> None:
    # 5.0 offers only the formats of the chosen media type.
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE" if wanted == _MULTILAYER else "IMAGE"
    _set(image, "file_format", wanted)


def _attributes(file_format: str) -> dict[str, str]:
    exr = file_format.startswith("OPEN_EXR")
    return {
        "colorMode": "color_mode",
        "colorDepth": "color_depth",
        **({"exrCodec": "exr_codec"} if exr else {}),
        **({"tiffCodec": "tiff_codec"} if file_format == "TIFF" else {}),
        "compression": "compression",
        "quality": "quality",
    }


def _set(image: Any, attribute: str, value: Any) -> None:
    try:
        setattr(image, attribute, value)
    except TypeError as error:
        raise CannotRender(
            "output_format",
            f"{image.file_format} images cannot be written with {attribute.replace('_', ' ')} {value} "
            "by this farm's Blender. Choose another output format or setting.",
        ) from error


def _in_use(image: Any) -> dict[str, Any]:
    return {key: getattr(image, attribute) for key, attribute in _attributes(image.file_format).items()}
