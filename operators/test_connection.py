# SPDX-License-Identifier: GPL-3.0-or-later
"""Test Connection: asks a server one question from a child process, so that Blender never waits for the network."""

from __future__ import annotations

import json
import subprocess

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty
from bpy.types import Context, Operator

from ..client.message import Message, translated
from ..courier.process import launcher
from ..jobs import settings
from ..ui import servers
from ..ui import state as ui_state
from ..ui.session import Connection, Session
from . import common, watch

POLL_SECONDS = 0.1


class FARMHAND_OT_test_connection(common.Guarded, Operator):
    """Check whether the server can be reached and accepts the API key"""

    bl_idname = "farmhand.test_connection"
    bl_label = "Test Connection"

    server: EnumProperty(name="Server", items=servers.SERVER_ITEMS, default="RENDERJUICE", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, _context: Context) -> bool:
        if any(found.is_good is None for found in ui_state.require().connections.values()):
            cls.poll_message_set(iface_("A connection test is running"))
            return False
        return True

    def run(self, context: Context) -> set[str] | None:
        server = servers.server(context, self.server)
        reason = _missing(server) or servers.needs_network(server)
        if reason:
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        if server.is_local:
            self.report({"INFO"}, rpt_("This Computer is always ready"))
            return None
        child = _ask(server, settings.read(ui_state.require().home).ca_file)
        if not bpy.app.background:
            _follow(ui_state.require(), server.url, child)
            self.report({"INFO"}, rpt_("Testing the connection…"))
            return None
        child.wait()
        found = _answer(child)
        self.report({"INFO"} if found.is_good else {"ERROR"}, translated(found.text, rpt_))
        return None if found.is_good else {"CANCELLED"}


def _missing(server: servers.Server) -> str:
    if reason := servers.no_address(server):
        return reason
    if not server.key and server.url == servers.RENDERJUICE_URL:
        return iface_("Enter an API key first")
    return ""


def _ask(server: servers.Server, ca_file: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        launcher.python_command("client", server.url, ca_file),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert child.stdin is not None
    child.stdin.write(server.key)
    child.stdin.close()
    return child


def _follow(session: Session, url: str, child: subprocess.Popen[str]) -> None:
    session.connections[url] = Connection(None)

    def poll() -> float | None:
        if child.poll() is None:
            return POLL_SECONDS
        found = session.connections[url] = _answer(child)
        # As a warning: the panel says it too, and an error's pop-up would hide it.
        session.reports.notes.append(("INFO" if found.is_good else "WARNING", found.text))
        watch.hasten(bpy.context)
        return None

    bpy.app.timers.register(poll, first_interval=POLL_SECONDS, persistent=True)


def _answer(child: subprocess.Popen[str]) -> Connection:
    assert child.stdout is not None
    try:
        answer = json.loads(child.stdout.read())
        return Connection(bool(answer["ok"]), Message.decoded(answer["text"]))
    except (ValueError, KeyError, TypeError):
        return Connection(False, rpt_("The test could not run. If this happens again, reinstall Farmhand."))


CLASSES = (FARMHAND_OT_test_connection,)
