"""Render presets, by Blender's own preset system: files in the user's scripts folder, and those shipped in presets/."""

from __future__ import annotations

from bl_operators.presets import AddPresetBase
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Operator

from ..ui.request.overrides import OVERRIDES
from ..ui.request.presets import OPTIONS, SUBFOLDER, remember
from . import common


class FARMHAND_OT_preset_add(common.NoTraceback, AddPresetBase, Operator):
    """Save the settings of this panel as a preset, or remove a preset"""

    bl_idname = "farmhand.preset_add"
    bl_label = "Add Farmhand Preset"
    preset_menu = "FARMHAND_PT_presets"
    preset_subdir = SUBFOLDER
    # Blender's own `preset_defines` fails in 4.x on Python 3.13, so each path is written in full.
    preset_values = [
        f"bpy.context.scene.farmhand.{name}"
        for name in (*OPTIONS, *(part for one in OVERRIDES for part in (one.switch, one.name)))
    ]

    def execute(self, context: Context) -> set[str]:
        if not self.name.strip() and not self.remove_active:
            self.report({"WARNING"}, rpt_("Enter a name for the preset"))
            return {"CANCELLED"}
        answer = super().execute(context)
        if answer == {"FINISHED"}:
            is_gone = self.remove_name or self.remove_active
            self.report({"INFO"}, rpt_("Removed the preset") if is_gone else rpt_("Saved the preset"))
            if not is_gone:
                remember(context.scene.farmhand, self.name)
        return answer


CLASSES = (FARMHAND_OT_preset_add,)
