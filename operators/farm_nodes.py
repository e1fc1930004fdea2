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
from ..ui.properties import selected_row
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


class FARMHAND_OT_list_nodes(_OnNodes, Operator):
    """Ask the server which computers render for it"""

    bl_idname = "farmhand.list_nodes"
    bl_label = "List Nodes"

    def run(self, context: Context) -> None:
        ask(servers.scene_server(context), "nodes")


class FARMHAND_OT_use_node(_OnNodes, Operator):
    """Choose whether this computer gets frames; those it is rendering are finished"""

    bl_idname = "farmhand.use_node"
    bl_label = "Use Node"

    node: StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})
    is_used: BoolProperty(name="Use", options={"SKIP_SAVE", "HIDDEN"})

    def run(self, context: Context) -> None:
        word = "use-node" if self.is_used else "stop-node"  # the list shows what came of it
        ask(servers.scene_server(context), word, self.node)


class FARMHAND_OT_job_nodes(common.Guarded, Operator):
    """Ask the server which node rendered each frame"""

    bl_idname = "farmhand.job_nodes"
    bl_label = "Show Nodes"

    # A word of `client/__main__.py`: job-nodes asks alone, same-device and any-device change the job.
    word: StringProperty(default="job-nodes", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def description(cls, _context: Context, properties: Operator) -> str:
        return iface_(_EXPLAINED[_ASKS if properties.word == _ASKS else "change"])

    @classmethod
    def poll(cls, context: Context) -> bool:
        reason = iface_("Select a job in the list") if selected_row(context) is None else ""
        if not reason and ui_state.require().node_listing.is_asking:
            reason = iface_("Waiting for the server's response")
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def run(self, context: Context) -> None:
        row = selected_row(context)
        if row is None:
            return
        one = row.current
        servers.demand_network(context, one.server_url)
        server = servers.server_at(context, one.server_url)
        ask(server, self.word, one.job_id)


def ask(server: servers.Server, *words: str) -> None:
    """Ask a farm of its nodes; the listing takes the answer."""
    session = ui_state.require()
    session.node_listing = session.node_listing.asking(server.url)
    child = ask_server.ask(server.url, server.key, settings.read(session.home).ca_file, *words)
    children.when_ended(child, lambda ended: _take(session, server.url, ended))


_ASKS = "job-nodes"
_EXPLAINED = {
    _ASKS: "Ask the server which node rendered each frame",
    "change": "Render all frames of this job on one kind of device, as CPU and GPU results may differ slightly",
}


def _take(session: Session, url: str, child: children.Child) -> None:
    if session.node_listing.url != url:  # another server was asked meanwhile
        return
    try:
        session.node_listing = session.node_listing.answered(ask_server.answer(child))
    except FarmhandError as error:
        session.node_listing = session.node_listing.failed(error.message)
        if bpy.app.background:
            raise


CLASSES = (FARMHAND_OT_list_nodes, FARMHAND_OT_use_node, FARMHAND_OT_job_nodes)
