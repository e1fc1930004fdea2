"""Resets overrides to the scene's own values."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Operator, OperatorProperties

from ..ui.request.overrides import OVERRIDES, chosen
from . import common


class FARMHAND_OT_reset_override(common.Explained, common.Guarded, Operator):
    """Use the scene's values for everything"""

    bl_idname = "farmhand.reset_override"
    bl_label = "Reset Overrides"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def reason_against(cls, context: Context) -> str:
        if not chosen(context.scene.farmhand):
            return iface_("Nothing is overridden: the scene's own settings are rendered")
        return ""

    @classmethod
    def description(cls, _context: Context, properties: OperatorProperties) -> str:
        return rpt_("Go back to the scene's value") if properties.name else ""

    def run(self, context: Context) -> None:
        ours = context.scene.farmhand
        for one in OVERRIDES:
            if self.name in ("", one.name):
                ours.property_unset(one.switch)
                ours.property_unset(one.name)


CLASSES = (FARMHAND_OT_reset_override,)
