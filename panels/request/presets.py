"""The preset menu in the panel's header."""

from __future__ import annotations

from pathlib import Path

import bpy
from bl_ui.utils import PresetPanel
from bpy.types import Context, Panel

from ...ui.guard import NoTraceback
from ...ui.properties import FarmhandSceneSettings
from ...ui.request.overrides import OVERRIDES
from ...ui.request.presets import SUBFOLDER, remember, values


class FARMHAND_PT_presets(NoTraceback, PresetPanel, Panel):
    bl_label = "Farmhand Presets"
    preset_subdir = SUBFOLDER
    preset_operator = "script.execute_preset"
    preset_add_operator = "farmhand.preset_add"

    @staticmethod
    def reset_cb(context: Context, _filepath: str) -> None:
        """Reset what presets can store: what a preset leaves out is the scene's."""
        settings = context.scene.farmhand
        for one in OVERRIDES:
            settings.property_unset(one.switch)
            settings.property_unset(one.name)
        settings.property_unset("use_frames")
        settings.property_unset("color_management_preset")

    @staticmethod
    def post_cb(context: Context, filepath: str) -> None:
        """Store in the scene which preset was applied."""
        remember(context.scene.farmhand, bpy.path.display_name(Path(filepath).name, title_case=False))


def shown_preset(ours: FarmhandSceneSettings) -> str:
    """The name of the scene's preset, with an asterisk if something was changed since; "" for none."""
    return f"{ours.preset}{'' if ours.preset_values == values(ours) else '*'}" if ours.preset else ""


CLASSES = (FARMHAND_PT_presets,)
