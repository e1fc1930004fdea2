"""Test Connection: queries a server from a child process, so that Blender never waits for the network."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty
from bpy.types import Context, Operator

from ..client.errors import FarmhandError, Unauthorized
from ..client.message import Message, translated
from ..courier.process import ask_server
from ..jobs import settings
from ..ui import state as ui_state
from ..ui.servers import servers
from ..ui.servers.kinds import SERVER_ITEMS
from ..ui.session import ConnectionStatus, Session
from . import children, common


class FARMHAND_OT_test_connection(common.Explained, common.Guarded, Operator):
    """Check whether the server can be reached and accepts the API key"""

    bl_idname = "farmhand.test_connection"
    bl_label = "Test Connection"

    server: EnumProperty(name="Server", items=SERVER_ITEMS, default="RENDERJUICE", options={"SKIP_SAVE"})

    @classmethod
    def reason_against(cls, _context: Context) -> str:
        if any(found.is_good is None for found in ui_state.require().connections.values()):
            return iface_("A connection test is running")
        return ""

    def run(self, context: Context) -> set[str] | None:
        server = servers.server(context, self.server)
        reason = _missing(server) or servers.needs_network(server)
        if reason:
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        if server.is_local:
            self.report({"INFO"}, rpt_("This Computer is always ready"))
            return None
        session = ui_state.require()
        asked = session.keys_since
        child = ask_server.ask(server.url, server.key, settings.read(session.home).ca_file, "test")
        session.connections[server.url] = ConnectionStatus(None)
        children.when_ended(child, lambda ended: take_answer(session, server.url, asked, ended))
        if not bpy.app.background:
            self.report({"INFO"}, rpt_("Testing the connection…"))
            return None
        found = session.connections[server.url]
        self.report({"INFO"} if found.is_good else {"ERROR"}, translated(found.text, rpt_))
        return None if found.is_good else {"CANCELLED"}


def _missing(server: servers.Server) -> str:
    if reason := servers.no_address(server):
        return reason
    if server.requires_key and not server.key:
        return iface_("Enter an API key first")
    return ""


def take_answer(session: Session, url: str, asked: float, child: children.Child) -> None:
    """Store the result of a connection test, and report it if there is a window; those for an earlier key are ignored.

    Args:
        url: of the tested server.
        asked: `Session.keys_since` when the test began.
        child: the test, which has ended.
    """
    found = read_answer(child)
    if asked != session.keys_since:
        return
    session.note_answer(url, found, asked)
    # As a warning: the panel shows it too, and an error's pop-up would hide that.
    if not bpy.app.background:
        session.reports.notes.append(("INFO" if found.is_good else "WARNING", found.text))


def read_answer(child: children.Child) -> ConnectionStatus:
    """The result of a finished connection test."""
    try:
        return ConnectionStatus(True, Message.decoded(ask_server.answer(child)["text"]))
    except FarmhandError as error:
        return ConnectionStatus(False, error.message, is_refused=isinstance(error, Unauthorized))


CLASSES = (FARMHAND_OT_test_connection,)
