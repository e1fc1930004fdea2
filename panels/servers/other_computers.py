"""Other Computers: the switch that lets them help This Computer, and what must be entered on them."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ...client.message import translated
from ...ui import helping, other_computers
from ...ui.other_computers import View
from ...ui.preferences import addon_preferences
from ...ui.servers import servers
from ...ui.text import draw_sentence
from ..buttons import draw_button
from ..fields import Field, draw_check_box
from ..jobs.service_report import draw_pairs
from ..sub_panel import SubPanel
from .help_render import draw_no_network


class FARMHAND_PT_other_computers(SubPanel, Panel):
    title = "Other Computers"
    bl_order = 99

    @classmethod
    def poll(cls, context: Context) -> bool:
        return helping.has_libraries(context) and servers.scene_server(context).is_local

    def state(self, _context: Context) -> tuple[str, str]:
        return ("WORLD", iface_("On")) if other_computers.view().is_on else ("NONE", "")

    def draw(self, context: Context) -> None:
        layout, view = self.layout, other_computers.view()
        preferences = addon_preferences(context)
        draw_no_network(layout, context)
        row = layout.row()
        row.active = not helping.no_network()
        draw_check_box(row, context, Field(preferences, "lets_others_help"))
        if preferences.lets_others_help and not helping.no_network():
            _draw_network(layout, context, view)


def _draw_network(layout: UILayout, context: Context, view: View) -> None:
    hint = layout.column()
    hint.active = False
    text = iface_(
        "Computers on your network can connect to this one. Only those that you invite render, and they see your "
        "scenes."
    )
    draw_sentence(hint, context, text)
    if view.problem:
        draw_sentence(layout, context, translated(view.problem, iface_), "ERROR")
    if view.addresses:
        code = ((iface_("Code"), view.code),) if view.code else ()
        draw_pairs(layout, context, ((iface_("Address"), "  ".join(view.addresses)), *code))
        if view.code:
            text = iface_(
                "Enter both in Help Render on the other computer. A code works once and expires after one hour."
            )
            draw_sentence(hint, context, text)
    elif not view.is_asked:
        draw_sentence(hint, context, iface_("Connections are accepted from the next render on."))
    text = iface_("Preparing…") if view.is_asked else iface_("Invite a Computer")
    draw_button(layout, context, "farmhand.invite_computer", "ADD", text)


CLASSES = (FARMHAND_PT_other_computers,)
