# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties > Render > Farmhand: where, what, the buttons, and what goes on now."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ..jobs.submission import Stage
from ..ui import render_request
from ..ui import state as ui_state
from ..ui.guard import NoTraceback
from ..ui.job_row import Row
from ..ui.servers import Server, needs_network, why_not
from ..ui.text import draw_sentence, letters
from .presets import FARMHAND_PT_presets, shown_preset

SHOWN_AT_ONCE = 3
WIDE = 50
NARROW = 26
"""Letters from which on three buttons, and a bar with all its words, stand on one line."""


class FarmhandPanel(NoTraceback):
    """Where all of Farmhand's panels stand."""

    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "render"


class FARMHAND_PT_main(FarmhandPanel, Panel):
    bl_label = "Farmhand"
    bl_idname = "FARMHAND_PT_main"

    def draw_header_preset(self, context: Context) -> None:
        name = shown_preset(context.scene.farmhand)
        if name and letters(context) >= WIDE:
            label = self.layout.row()
            label.active = False
            label.label(text=name, translate=False)
        current = ui_state.current()
        if current is not None and letters(context) >= NARROW:
            self.layout.label(text="", icon=_connection(context, current)[0])
        FARMHAND_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: Context) -> None:
        layout = self.layout
        current = ui_state.current()
        if current is None:
            return
        _draw_server(layout, context, current)
        _draw_buttons(layout, context)
        line = layout.column()
        line.active = False
        draw_sentence(
            line, context, render_request.summary(context), "ERROR" if render_request.problem(context.scene) else "NONE"
        )
        _draw_now(layout, context, current.snapshot)


def _draw_server(layout: UILayout, context: Context, current: ui_state.Live) -> None:
    server = render_request.server(context)
    row = layout.row(align=True)
    if server.is_forced:
        name = iface_("{name} (from the environment)").format(name=iface_(server.name))
        row.label(text=name, icon="URL", translate=False)
    else:
        row.prop(context.scene.farmhand, "server", text="")
    found = current.connections.get(server.url)
    state = row.row()
    state.alignment = "RIGHT"
    if found is None and server.key and not server.is_local and not server.is_forced:
        state.operator("farmhand.test_connection", text="Test").server = context.scene.farmhand.server
    else:
        icon, word = _connection(context, current)
        state.label(text=word, icon=icon)
    reason = why_not(context)
    if reason:
        _draw_remedy(layout, context, server, reason)
    elif found is not None and found.is_good is False and not server.is_forced:
        _draw_trouble(layout, context, found.text)


def _draw_remedy(layout: UILayout, context: Context, server: Server, reason: str) -> None:
    box = layout.box().column(align=True)
    draw_sentence(box, context, reason, "INFO")
    if reason != needs_network(server):
        box.operator("farmhand.open_preferences", icon="PREFERENCES")
    elif not bpy.app.online_access_override:
        box.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def _draw_trouble(layout: UILayout, context: Context, text: str) -> None:
    box = layout.box().column(align=True)
    draw_sentence(box, context, text, "ERROR")
    box.operator("farmhand.test_connection", icon="URL").server = context.scene.farmhand.server
    box.operator("farmhand.open_preferences", icon="PREFERENCES")


def _draw_buttons(layout: UILayout, context: Context) -> None:
    """The main button, and beside it, where there is room, the other two."""
    is_wide = letters(context) >= WIDE
    box = layout.row(align=True) if is_wide else layout.column(align=True)
    first, row = box.row(align=True), box.row(align=True)
    first.scale_y = 1.6
    row.scale_y = 1.6 if is_wide else 1.0
    first.operator("farmhand.submit", text="Render in Cloud", icon="RENDER_ANIMATION").what = "ANIMATION"
    row.operator("farmhand.submit", text="Frame", icon="RENDER_STILL").what = "FRAME"
    row.operator("farmhand.submit", text="Scout", icon="VIEWZOOM").what = "SCOUT"


def _draw_now(layout: UILayout, context: Context, snapshot: ui_state.Snapshot) -> None:
    for packing in snapshot.packing:
        row = layout.row(align=True)
        row.progress(factor=packing.factor, text=iface_("Packing {name}").format(name=packing.name))
        row.operator("farmhand.cancel_packing", text="", icon="X")
    going = snapshot.going
    for shown in going[:SHOWN_AT_ONCE]:
        _draw_going(layout, context, shown, with_name=len(going) > 1)
    if len(going) > SHOWN_AT_ONCE:
        rest = iface_("and {count} more in Jobs").format(count=len(going) - SHOWN_AT_ONCE)
        layout.label(text=rest, translate=False)
    if snapshot.problem:
        draw_sentence(layout.box(), context, snapshot.problem, "ERROR")


def _draw_going(layout: UILayout, context: Context, shown: Row, with_name: bool) -> None:
    text = progress_text(shown, is_short=letters(context) < WIDE)
    if with_name:
        layout.label(text=shown.submission.name, translate=False)
    row = layout.row(align=True)
    row.progress(factor=shown.factor, text=text)
    row.operator("farmhand.cancel_going", text="", icon="X").submission = shown.submission.id
    if shown.submission.note:
        note = layout.row()
        note.active = False
        draw_sentence(note, context, shown.submission.note)


def progress_text(shown: Row, is_short: bool = False) -> str:
    """What a progress bar says: the state, how much of it, how long still.  is_short: without the words that can go."""
    parts = [iface_(shown.word)]
    if shown.word == "Uploading":
        parts.append(f"{shown.factor:.0%}  {shown.speed}".strip())
    elif shown.submission.frames_total and shown.submission.stage in (Stage.RENDER, Stage.PULL):
        done = max(shown.submission.frames_done, shown.submission.frames_rendered)
        text = "{done}/{total}" if is_short else iface_("{done} of {total}")
        parts.append(text.format(done=done, total=shown.submission.frames_total))
    if shown.left:
        parts.append(shown.left if is_short else iface_("{time} left").format(time=shown.left))
    return "   ".join(parts)


def _connection(context: Context, current: ui_state.Live) -> tuple[str, str]:
    """The state of the connection to the scene's server: icon and word."""
    server = render_request.server(context)
    if not server.url:
        return _STATES["no address"]
    if not server.key and not server.is_local:
        return _STATES["no key"]
    found = current.connections.get(server.url)
    if server.is_local or (found is not None and found.is_good):
        return _STATES["ready"]
    return _STATES["not tested" if found is None else "testing" if found.is_good is None else "trouble"]


_STATES = {
    "ready": ("CHECKMARK", "Ready"),
    "no address": ("ERROR", "No Address"),
    "no key": ("LOCKED", "No Key"),
    "not tested": ("QUESTION", "Not Tested"),
    "testing": ("SORTTIME", "Testing"),
    "trouble": ("ERROR", "Trouble"),
}


CLASSES = (FARMHAND_PT_main,)
