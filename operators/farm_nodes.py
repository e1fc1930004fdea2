# SPDX-License-Identifier: GPL-3.0-or-later
"""The computers that render for the scene's server: list them, stop using one, use it again.

Each question runs in a child process, so that Blender never waits for the network.
"""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Operator

from ..client.errors import FarmhandError
from ..courier.process import ask_server
from ..jobs import settings
from ..ui import state as ui_state
from ..ui.servers import servers
from ..ui.servers.server_list import nodes_listing
from ..ui.session import Session
from . import children, common


class _OnNodes(common.Guarded):
    @classmethod
    def poll(cls, context: Context) -> bool:
        reason = servers.why_not(context)
        if not reason and nodes_listing(context).is_asking:
            reason = iface_("Waiting for the server's response")
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def ask(self, context: Context, *words: str) -> None:
        session, server = ui_state.require(), servers.scene_server(context)
        session.node_listing = session.node_listing.asking(server.url)
        child = ask_server.ask(server.url, server.key, settings.read(session.home).ca_file, *words)
        children.when_ended(child, lambda ended: _take(session, server.url, ended))


class FARMHAND_OT_list_nodes(_OnNodes, Operator):
    """Ask the server which computers render for it"""

    bl_idname = "farmhand.list_nodes"
    bl_label = "List Nodes"

    def run(self, context: Context) -> None:
        self.ask(context, "nodes")


class FARMHAND_OT_use_node(_OnNodes, Operator):
    """Choose whether this computer gets frames; those it is rendering are finished"""

    bl_idname = "farmhand.use_node"
    bl_label = "Use Node"

    node: StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})
    is_used: BoolProperty(name="Use", options={"SKIP_SAVE", "HIDDEN"})

    def run(self, context: Context) -> None:
        self.ask(context, "use-node" if self.is_used else "stop-node", self.node)  # the list shows what came of it


def _take(session: Session, url: str, child: children.Child) -> None:
    if session.node_listing.url != url:  # another server was asked meanwhile
        return
    try:
        session.node_listing = session.node_listing.answered(ask_server.answer(child))
    except FarmhandError as error:
        session.node_listing = session.node_listing.failed(error.message)
        if bpy.app.background:
            raise


CLASSES = (FARMHAND_OT_list_nodes, FARMHAND_OT_use_node)
