# SPDX-License-Identifier: GPL-3.0-or-later
"""Render presets, by Blender's own preset system: files in the user's scripts folder, and those shipped in presets/."""

from __future__ import annotations

from bl_operators.presets import AddPresetBase
from bpy.types import Operator

from ..overrides import OVERRIDES

SUBFOLDER = "farmhand"
_OPTIONS = (
    *("use_frames", "frames", "color_management_preset"),
    *("output_place", "output_folder", "job_folder", "existing"),
)


class FARMHAND_OT_preset_add(AddPresetBase, Operator):
    """Keep what this panel says under a name, or remove a preset"""

    bl_idname = "farmhand.preset_add"
    bl_label = "Add Farmhand Preset"
    preset_menu = "FARMHAND_PT_presets"
    preset_subdir = SUBFOLDER
    # Blender's own `preset_defines` fails in 4.x on Python 3.13, so each path is written in full.
    preset_values = [
        f"bpy.context.scene.farmhand.{name}"
        for name in (*_OPTIONS, *(part for one in OVERRIDES for part in (one.switch, one.name)))
    ]


CLASSES = (FARMHAND_OT_preset_add,)
