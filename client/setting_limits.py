"""The members of requestedRenderConfig: names, kinds and limits, for what is sent and for what people write by hand.

Standard library only: Blender's own process reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """kind: str, int, float, bool, or list for a resolution. least, most: limits of a number, or of a resolution's
    sides; a float is above least."""

    kind: type
    least: int | None = None
    most: int | None = None


GROUP = "outputSettings"
SETTINGS: Mapping[str, Setting] = {
    "colorManagementPreset": Setting(str),
    "notes": Setting(str),
    "renderEngine": Setting(str),
    "compositorDevice": Setting(str),
    "computeDeviceType": Setting(str),
    "denoisingEnabled": Setting(bool),
    "denoiserType": Setting(str),
    "gpuCount": Setting(int, 0),
    "sampleCount": Setting(int, 1),
    "tileSize": Setting(int, 8),
    "minimumRam": Setting(int, 0),
    "fps": Setting(float, 0),
    "useTiling": Setting(bool),
    "resolution": Setting(list, 4, 65536),
    "resolutionPercentage": Setting(int, 1, 32767),
    "outputFormat": Setting(str),
    "splitFrames": Setting(bool),
    "sameDevice": Setting(bool),
    f"{GROUP}.colorMode": Setting(str),
    f"{GROUP}.colorDepth": Setting(str),
    f"{GROUP}.exrCodec": Setting(str),
    f"{GROUP}.tiffCodec": Setting(str),
    f"{GROUP}.compression": Setting(int, 0, 100),
    f"{GROUP}.quality": Setting(int, 0, 100),
}
"""All but frameRanges, which follows from the job's frames."""
