"""Help Render: this computer renders for a farm on another one. Shown while Farmhand Node is enabled."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ...client.message import Message, translated
from ...jobs.help_files import HelpState, Leave
from ...ui import helping
from ...ui.helping import View
from ...ui.text import draw_sentence
from ..buttons import ICON, Button, draw_button, draw_buttons, draw_label
from ..fields import Field, draw_fields
from ..sub_panel import SubPanel


class FARMHAND_PT_help_render(SubPanel, Panel):
    title = "Help Render"
    bl_order = 100

    @classmethod
    def poll(cls, context: Context) -> bool:
        return helping.has_libraries(context)

    def state(self, _context: Context) -> tuple[str, str]:
        icon, word = _look(helping.view())
        return icon, iface_(word) if word else ""

    def draw(self, context: Context) -> None:
        layout, view = self.layout, helping.view()
        layout.use_property_split = True
        layout.use_property_decorate = False
        if view.lives:
            _draw_helping(layout, context, view)
        else:
            _draw_start(layout, context, view)
        typed = context.window_manager.farmhand_help
        draw_fields(layout.column(), context, Field(typed, "slots"), Field(typed, "closing"))


def draw_no_network(layout: UILayout, context: Context) -> None:
    """Why the network cannot be used, with the setting that allows it."""
    reason = helping.no_network()
    if reason:
        box = layout.box().column(align=True)
        draw_sentence(box, context, reason, "INFO")
        if not bpy.app.online_access_override:
            box.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def _draw_start(layout: UILayout, context: Context, view: View) -> None:
    _draw_problem(layout, context, view)
    draw_no_network(layout, context)
    if view.farm:
        row = layout.row(align=True)
        text = iface_("Paired with {farm}").format(farm=view.farm)
        draw_label(row.column(), context, text, "LINKED", inside=ICON)
        row.operator("farmhand.help_forget", text="", icon="TRASH")
        draw_button(layout, context, "farmhand.help_start", "PLAY")
        return
    hint = layout.column()
    hint.active = False
    draw_sentence(
        hint,
        context,
        iface_("On the computer that needs help, turn on Let Other Computers Help. Enter here what it shows."),
    )
    typed = context.window_manager.farmhand_help
    draw_fields(layout.column(), context, Field(typed, "address"), Field(typed, "code"))
    draw_button(layout, context, "farmhand.help_start", "PLAY", iface_("Pair and Help"))


def _draw_helping(layout: UILayout, context: Context, view: View) -> None:
    icon, word = _look(view)
    column = layout.column(align=True)
    parts = (iface_(word), view.status.farm)
    draw_sentence(column, context, "  ·  ".join(part for part in parts if part), icon)
    draw_sentence(column, context, _work(view), "BLANK1")
    _draw_problem(layout, context, view)
    is_paused, stays = view.settings.is_paused, view.settings.leave is Leave.NO
    pause = iface_("Resume") if is_paused else iface_("Pause")
    leave = iface_("Leave") if stays else iface_("Stop at Once")
    draw_buttons(
        layout,
        context,
        Button("farmhand.help_pause", "PLAY" if is_paused else "PAUSE", pause),
        Button("farmhand.help_leave", "X", leave),
    )


def _draw_problem(layout: UILayout, context: Context, view: View) -> None:
    if view.status.problem:
        draw_sentence(layout, context, translated(Message.decoded(view.status.problem), iface_), "ERROR")


def _work(view: View) -> str:
    """The current frames, and the number of rendered ones."""
    done = iface_("Frames rendered: {count}").format(count=view.status.done)
    if not view.status.frames:
        return done
    now = iface_("Frame {frames}").format(frames=", ".join(map(str, view.status.frames)))
    return f"{now}  ·  {done}"


def _look(view: View) -> tuple[str, str]:
    """Icon and text for the state."""
    if not view.lives:
        return ("ERROR", "") if view.status.problem else ("NONE", "")
    if view.settings.leave is not Leave.NO:
        return _STATES[HelpState.LEAVING]
    if view.status.state is HelpState.CONNECTED:
        if view.status.frames:
            return _STATES["rendering"]
        return _STATES["paused" if view.settings.is_paused else "ready"]
    return _STATES.get(view.status.state, _STATES[HelpState.PAIRING])


_STATES = {
    "rendering": ("RENDER_ANIMATION", "Rendering"),
    "ready": ("CHECKMARK", "Ready to Help"),
    "paused": ("PAUSE", "Paused"),
    HelpState.PAIRING: ("SORTTIME", "Pairing"),
    HelpState.TESTING: ("SORTTIME", "Testing Blender"),
    HelpState.CONNECTING: ("SORTTIME", "Connecting"),
    HelpState.LEAVING: ("SORTTIME", "Finishing Frames"),
}

CLASSES = (FARMHAND_PT_help_render,)
