"""Properties > Render > Farmhand: server, summary, buttons, state, and the latest frame.

Everything below the buttons keeps its place and height while a job runs.
"""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, Panel, UILayout

from ..ui import state as ui_state
from ..ui.guard import NoTraceback
from ..ui.jobs.job_row import is_waiting_for_server, needs_key
from ..ui.request import checks, render_request
from ..ui.request.summary import summary
from ..ui.servers import servers
from ..ui.servers.servers import Server, needs_network, why_not
from ..ui.session import Session
from ..ui.text import FEWEST, draw_sentence, letters
from .buttons import BOX, Button, draw_button, draw_buttons, fitting, line_width, menu_width
from .fields import PADDING
from .findings import draw_finding
from .request.presets import FARMHAND_PT_presets, shown_preset
from .result import draw_result, draw_state

WIDE = 50
"""Letters from which on the words of a state have room."""
BUTTONS_WIDE = 80
"""Letters from which on the buttons stand on one line."""
BUTTONS = 3


STATE_UNITS = {False: 1.2, True: 6.0}
"""Width of a server's state, in Blender's units, by whether there is room for words."""
BESIDE_SERVER = {False: 62, True: 200}
"""What stands beside the menu of servers, in pixels at UI scale 1, likewise."""


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
        if letters(context) > FEWEST:
            FARMHAND_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: Context) -> None:
        layout = self.layout
        session = ui_state.current()
        if session is None:
            return
        _draw_server(layout, context, session)
        _draw_buttons(layout, context)
        line = layout.column()
        line.active = False
        problem = render_request.frames_problem(context.scene)
        draw_sentence(line, context, summary(context), "ERROR" if problem else "NONE")
        _draw_errors(layout, context)
        draw_state(layout, context, session)
        draw_result(layout, context, session)


def _draw_server(layout: UILayout, context: Context, session: Session) -> None:
    server, room = servers.scene_server(context), letters(context)
    row = _draw_choice(layout, context, server)
    row.prop(context.scene.farmhand, "ask_mode", text="", icon_only=room < BUTTONS_WIDE)
    found = session.connections.get(server.url)
    state = row.row()
    state.alignment = "RIGHT"
    state.ui_units_x = STATE_UNITS[room >= WIDE]  # one width for all states, so that the field beside it stays
    is_open = found is None and not _is_waited_for(server, session)
    if is_open and server.key and not server.is_local and not server.is_forced:
        text = iface_("Test") if room >= WIDE else ""
        test = state.operator("farmhand.test_connection", text=text, icon="QUESTION", translate=False)
        test.server = context.scene.farmhand.server
    else:
        icon, word = _connection(server, session)
        state.label(text=word if room >= WIDE else "", icon=icon)
    reason = why_not(context)
    if reason:
        _draw_remedy(layout, context, server, reason)
    elif found is not None and found.is_good is False and not server.is_forced and not _is_told(server, session):
        _draw_trouble(layout, context, server, found.is_refused, found.text)


def _draw_choice(layout: UILayout, context: Context, server: Server) -> UILayout:
    """Draw the menu of servers, whose value is never cut. Returns the row beside it, or below."""
    ours, name, line = context.scene.farmhand, iface_(server.name), line_width(context)
    row = layout.row(align=True)
    if server.is_forced:
        name = iface_("{name} (from the environment)").format(name=name)
    width = menu_width(context, name)
    if width > line:
        draw_sentence(row, context, name)
        row = layout.row(align=True)
        if not server.is_forced:
            row.prop(ours, "server", text="", icon_only=True)
        return row
    if server.is_forced:
        row.label(text=name, icon="URL", translate=False)
    else:
        row.prop(ours, "server", text="")
    return row if width <= line - BESIDE_SERVER[letters(context) >= WIDE] else layout.row(align=True)


def _is_told(server: Server, session: Session) -> bool:
    """Whether a job of this server already reports below that the key was refused."""
    return any(needs_key(row.current) and row.current.server_url == server.url for row in session.snapshot.waiting)


def _draw_remedy(layout: UILayout, context: Context, server: Server, reason: str) -> None:
    box = layout.box().column(align=True)
    draw_sentence(box, context, reason, "INFO")
    if reason != needs_network(server):
        draw_button(box, context, "farmhand.open_preferences", "PREFERENCES", inside=BOX)
    elif not bpy.app.online_access_override:
        box.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def _draw_trouble(layout: UILayout, context: Context, server: Server, is_refused: bool, text: str) -> None:
    box = layout.box().column(align=True)
    if is_refused:
        text = iface_("{server} refused the API key").format(server=servers.host_name(server.url))
    draw_sentence(box, context, text, "ERROR")
    if is_refused:
        draw_button(box, context, "farmhand.open_preferences", "PREFERENCES", inside=BOX)
    test = draw_button(box, context, "farmhand.test_connection", "URL", inside=BOX)
    test.server = context.scene.farmhand.server
    if not is_refused:
        draw_button(box, context, "farmhand.open_preferences", "PREFERENCES", inside=BOX)


def _draw_buttons(layout: UILayout, context: Context) -> None:
    """The main button, and the other two beside it if there is room, else below."""
    is_wide = letters(context) >= BUTTONS_WIDE
    line = line_width(context)
    first_width = line / BUTTONS if is_wide else line
    box = layout.row(align=True) if is_wide else layout.column(align=True)
    first, others = box.row(align=True), box.row(align=True)
    first.scale_y = 1.6
    others.scale_y = 1.6 if is_wide else 1.0
    animation = servers.button_text(servers.scene_server(context)), iface_("Render Animation"), iface_("Render")
    icon, text = fitting(context, "RENDER_ANIMATION", first_width - PADDING, *animation)
    first.operator("farmhand.submit", text=text, icon=icon, translate=False).what = "ANIMATION"
    image = Button("farmhand.submit", "RENDER_STILL", iface_("Render Image"), iface_("Image"))
    test = Button("farmhand.submit", "RENDER_RESULT", iface_("Test Frames"), iface_("Test"))
    drawn = draw_buttons(others, context, image, test, inside=first_width if is_wide else 0)
    drawn[0].what, drawn[1].what = "FRAME", "TEST"


def _draw_errors(layout: UILayout, context: Context) -> None:
    """What stops this render, with the buttons that fix it, until it is fixed."""
    check = checks.last_check(context)
    if check is None or not check.sentences("error") or not checks.is_current(context, check):
        return
    box = layout.box()
    for finding in check.findings:
        if finding.severity == "error":
            draw_finding(box, context, finding)


def _connection(server: Server, session: Session) -> tuple[str, str]:
    """The state of the connection to a server: icon and word."""
    if not server.url:
        return _STATES["no address"]
    if not server.key and not server.is_local:
        return _STATES["no key"]
    found = session.connections.get(server.url)
    if found is not None and found.is_good is False:
        return _STATES["refused" if found.is_refused else "unreachable"]
    if _is_waited_for(server, session):
        return _STATES["unreachable"]
    if server.is_local:
        return _STATES["local"]
    if found is not None and found.is_good:
        return _STATES["connected"]
    return _STATES["not tested" if found is None else "testing"]


def _is_waited_for(server: Server, session: Session) -> bool:
    """Whether a job of this server is currently getting no answer."""
    going = (row.current for row in session.snapshot.going)
    return any(one.server_url == server.url and is_waiting_for_server(one) for one in going)


_STATES = {
    "local": ("CHECKMARK", ""),  # the state below shows whether this render is possible
    "connected": ("CHECKMARK", "Reachable"),
    "no address": ("ERROR", "No Address"),
    "no key": ("LOCKED", "No Key"),
    "not tested": ("QUESTION", "Not Tested"),
    "testing": ("SORTTIME", "Testing"),
    "unreachable": ("ERROR", "Unreachable"),
    "refused": ("LOCKED", "Key Refused"),
}


CLASSES = (FARMHAND_PT_main,)
