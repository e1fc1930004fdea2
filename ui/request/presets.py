"""What a render preset stores, and which preset a scene has."""

from __future__ import annotations

from ..properties import FarmhandSceneSettings
from .overrides import as_config

SUBFOLDER = "farmhand"
OPTIONS = (
    *("use_frames", "frames", "color_management_preset"),
    *("output_place", "output_folder", "job_folder", "existing"),
)


def remember(ours: FarmhandSceneSettings, name: str) -> None:
    """Record that the scene's settings are those of the preset of this name."""
    ours.preset, ours.preset_values = name, values(ours)


def values(ours: FarmhandSceneSettings) -> str:
    """All settings of a preset that have an effect, as text for comparison."""
    options = {name: getattr(ours, name) for name in OPTIONS if name != "frames" or ours.use_frames}
    return repr((options, as_config(ours)))
