# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties > Render > Farmhand: where, what, the buttons, and what goes on now."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from .. import live
from ..courier.submission import Stage
from ..job_row import Row
from ..operators import requests
from ..operators.common import needs_network
from ..operators.submit import why_not
from ..preferences import Server
from .presets import FARMHAND_PT_presets
from .text import draw_sentence

SHOWN_AT_ONCE = 3


class FarmhandPanel:
    """Where all of Farmhand's panels stand."""

    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "render"


class FARMHAND_PT_main(FarmhandPanel, Panel):
    bl_label = "Farmhand"
    bl_idname = "FARMHAND_PT_main"

    def draw_header_preset(self, _context: Context) -> None:
        FARMHAND_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: Context) -> None:
        layout = self.layout
        current = live.current()
        if current is None:
            return
        _draw_server(layout, context, current)
        _draw_buttons(layout)
        line = layout.column()
        line.active = False
        draw_sentence(line, context, requests.summary(context))
        _draw_now(layout, context, current.snapshot)


def _draw_server(layout: UILayout, context: Context, current: live.Live) -> None:
    server = requests.server(context)
    row = layout.row(align=True)
    if server.is_forced:
        row.label(text=iface_("{name} (from the environment)").format(name=server.name), icon="URL", translate=False)
    else:
        row.prop(context.scene.farmhand, "server", text="")
    found = current.connections.get(server.url)
    state = row.row()
    state.alignment = "RIGHT"
    if found is None and server.key and not server.is_local and not server.is_forced:
        state.operator("farmhand.test_connection", text="Test").server = context.scene.farmhand.server
    else:
        icon, word = _connection(server, found)
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


def _draw_buttons(layout: UILayout) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.6
    row.operator("farmhand.submit", text="Render in Cloud", icon="RENDER_ANIMATION").what = "ANIMATION"
    row = column.row(align=True)
    row.operator("farmhand.submit", text="Frame", icon="RENDER_STILL").what = "FRAME"
    row.operator("farmhand.submit", text="Scout", icon="VIEWZOOM").what = "SCOUT"


def _draw_now(layout: UILayout, context: Context, snapshot: live.Snapshot) -> None:
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
    row = layout.row(align=True)
    text = progress_text(shown)
    row.progress(factor=shown.factor, text=f"{shown.submission.name}   {text}" if with_name else text)
    row.operator("farmhand.cancel", text="", icon="X").submission = shown.submission.id
    if shown.submission.note:
        note = layout.row()
        note.active = False
        draw_sentence(note, context, shown.submission.note)


def progress_text(shown: Row) -> str:
    """What a progress bar says: the state, how much of it, how long still."""
    parts = [iface_(shown.word)]
    if shown.word == "Uploading":
        parts.append(f"{shown.factor:.0%}  {shown.speed}".strip())
    elif shown.submission.frames_total and shown.submission.stage in (Stage.RENDER, Stage.PULL):
        done = max(shown.submission.frames_done, shown.submission.frames_rendered)
        parts.append(iface_("{done} of {total}").format(done=done, total=shown.submission.frames_total))
    if shown.left:
        parts.append(iface_("{time} left").format(time=shown.left))
    return "   ".join(parts)


def _connection(server: Server, found: live.Connection | None) -> tuple[str, str]:
    if server.is_local:
        return "CHECKMARK", "Ready"
    if not server.key:
        return "LOCKED", "No Key"
    if found is None:
        return "QUESTION", "Not Tested"
    return {None: ("SORTTIME", "Testing"), True: ("CHECKMARK", "Ready"), False: ("ERROR", "Trouble")}[found.is_good]


CLASSES = (FARMHAND_PT_main,)
