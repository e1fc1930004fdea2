"""The keys and values that a render config may have, in one table, and the checks that need no Blender.

docs/contract.md says which of them are documented and which are our interpretation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...client import frame_ranges
from ...client.models import RenderConfig
from ..errors import ApiError
from ..settings import GIB

WORDS: Mapping[str, frozenset[str]] = {
    "colorManagementPreset": frozenset({"default", "aces"}),
    "renderEngine": frozenset({"CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH"}),
    "compositorDevice": frozenset({"CPU", "GPU"}),
    "computeDeviceType": frozenset({"NONE", "CPU", "CUDA", "OPTIX", "HIP", "METAL", "ONEAPI"}),
    "denoiserType": frozenset({"OPTIX", "OPENIMAGEDENOISE"}),
    "outputFormat": frozenset(
        {
            "BMP", "IRIS", "PNG", "JPEG", "JPEG2000", "TARGA", "TARGA_RAW", "CINEON", "DPX", "OPEN_EXR",
            "OPEN_EXR_MULTILAYER", "HDR", "TIFF", "WEBP",
        }
    ),
}  # fmt: skip
SETTING_WORDS: Mapping[str, frozenset[str]] = {
    "colorMode": frozenset({"BW", "RGB", "RGBA"}),
    "colorDepth": frozenset({"8", "10", "12", "16", "32"}),
    "exrCodec": frozenset({"NONE", "PXR24", "ZIP", "PIZ", "RLE", "ZIPS", "B44", "B44A", "DWAA", "DWAB"}),
    "tiffCodec": frozenset({"NONE", "DEFLATE", "LZW", "PACKBITS"}),
}
MOVIES = frozenset({"FFMPEG", "AVI_JPEG", "AVI_RAW"})


def final_request(config: RenderConfig, analysis: Mapping[str, Any], memory_bytes: int) -> dict[str, Any]:
    """The config in the API's format, with the frames filled in from the analysis.

    Args:
        config: as the caller wrote it; missing values are the scene's.
        analysis: what a worker found in the file; empty where it found nothing.
        memory_bytes: of the computer that renders.

    Raises:
        ApiError: (400) an unknown key or value, or something that this farm does not have.
    """
    wire = {name: value for name, value in config.to_wire().items() if value is not None}
    _check_words(wire, WORDS)
    _check_words(wire.get("outputSettings") or {}, SETTING_WORDS)
    if wire["colorManagementPreset"] == "aces" and not analysis.get("acesViews"):
        raise ApiError(
            400,
            "no_aces",
            f"This farm's Blender {analysis.get('blenderVersion', '')} has no ACES view transform: "
            "use the default color management, or a farm with Blender 5.0 or newer.",
        )
    if config.minimum_ram and config.minimum_ram * GIB > memory_bytes:
        raise ApiError(
            400,
            "not_enough_memory",
            f"The job asks for {config.minimum_ram} GiB of memory and this farm has {memory_bytes / GIB:.0f}.",
        )
    wire["frameRanges"] = config.frame_ranges or _ranges_of(analysis)
    return wire


def frames(wire: Mapping[str, Any]) -> tuple[int, ...]:
    """The frames of a final request. Raises ApiError (400)."""
    try:
        return frame_ranges.parse_all(wire["frameRanges"])
    except ValueError as error:  # of the scene's own range: a config's was checked before
        raise ApiError(400, "invalid_config", str(error)) from error


def _ranges_of(analysis: Mapping[str, Any]) -> list[str]:
    """As text: a farm before this one may have kept numbers of any size from a hostile scene."""
    start, end, step = (analysis.get(name) for name in ("frameStart", "frameEnd", "frameStep"))
    return [f"{start}-{end}x{step or 1}"]


def _check_words(values: Mapping[str, Any], words: Mapping[str, frozenset[str]]) -> None:
    for name, known in words.items():
        value = values.get(name)
        if value is None or value in known:
            continue
        if name == "outputFormat" and value in MOVIES:
            raise ApiError(400, "movie_output", "Movies cannot be rendered in parts: choose an image format.")
        raise ApiError(400, "invalid_config", f"{name} is “{value}”; this farm knows {', '.join(sorted(known))}.")
