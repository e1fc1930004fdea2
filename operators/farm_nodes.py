"""The computers that render for a server: list them, stop using one, use it again, and show which rendered a job.

Each query runs in a child process, so that Blender never waits for the network.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Operator

from ..client.errors import FarmhandError, LocalProblem
from ..client.message import msg
from ..courier.process import ask_server
from ..courier.servers import local_farm
from ..jobs import settings
from ..scene import this_blender
from ..ui import other_computers
from ..ui import state as ui_state
from ..ui.jobs import renders
from ..ui.properties import selected_row
from ..ui.servers import servers
from ..ui.servers.kinds import kind_at
from ..ui.servers.server_list import nodes_listing
from ..ui.session import ConnectionStatus, Session
from . import children, common

LOCAL_SECONDS = {False: 4.0, True: 30.0}
"""How often This Computer's own farm is asked, by whether it named a node: others come and go."""
NODES_SECONDS = 60.0
"""The same of another farm that named one."""


class _OnNodes(common.Explained, common.Guarded):
    @classmethod
    def reason_against(cls, context: Context) -> str:
        reason = servers.why_not(context)
        if not reason and nodes_listing(context).is_asking:
            reason = iface_("Waiting for the server's response")
        return reason


class FARMHAND_OT_list_nodes(_OnNodes, Operator):
    """Ask the server which computers render for it"""

    bl_idname = "farmhand.list_nodes"
    bl_label = "List Nodes"

    def run(self, context: Context) -> None:
        ask(servers.scene_server(context), "nodes")


class FARMHAND_OT_use_node(_OnNodes, Operator):
    """Choose whether this computer renders new frames; frames in progress are finished"""

    bl_idname = "farmhand.use_node"
    bl_label = "Use Node"

    node: StringProperty(name="Node", options={"SKIP_SAVE", "HIDDEN"})
    is_used: BoolProperty(name="Use", options={"SKIP_SAVE", "HIDDEN"})

    def run(self, context: Context) -> None:
        word = "use-node" if self.is_used else "stop-node"  # the list shows the result
        ask(servers.scene_server(context), word, self.node)


class FARMHAND_OT_job_nodes(common.Explained, common.Guarded, Operator):
    """Ask the server which node rendered each frame"""

    bl_idname = "farmhand.job_nodes"
    bl_label = "Show Nodes"

    # A command of `client/__main__.py`: job-nodes only queries, same-device and any-device change the job.
    word: StringProperty(default="job-nodes", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def description(cls, _context: Context, properties: Operator) -> str:
        return iface_(_EXPLAINED[_ASKS if properties.word == _ASKS else "change"])

    @classmethod
    def reason_against(cls, context: Context) -> str:
        reason = iface_("Select a job in the list") if selected_row(context) is None else ""
        row = selected_row(context)
        if row is not None and ui_state.require().nodes_at(row.current.server_url).is_asking:
            reason = iface_("Waiting for the server's response")
        return reason

    def run(self, context: Context) -> None:
        row = selected_row(context)
        if row is None:
            return
        one = row.current
        servers.demand_network(context, one.server_url)
        job = renders.read_job(common.user_home(), one.id)
        server = servers.server_at(context, one.server_url)
        ask(server, self.word, one.job_id, blender=job.blender if job else ())


def ask(server: servers.Server, *words: str, blender: Sequence[str] = (), is_quiet: bool = False) -> None:
    """Query a farm about its nodes; the listing gets the answer.

    Args:
        words: the command and its values, as for `ask_server.ask`.
        blender: the one that *This Computer* rendered with; without it, this one.
        is_quiet: the user did not request it.

    Raises:
        LocalProblem: the query cannot be sent.
    """
    session, url = ui_state.require(), server.url
    reached, key = _local_farm(session, blender) if server.is_local else (url, server.key)
    asked = session.keys_since
    child = ask_server.ask(reached, key, settings.read(session.home).ca_file, *words)
    if not is_quiet:  # else buttons would be grayed out for a moment for no reason
        session.nodes[url] = session.nodes_at(url).asking()
    children.when_ended(child, lambda ended: _take(session, url, asked, ended, is_quiet=is_quiet))


def _local_farm(session: Session, blender: Sequence[str]) -> tuple[str, str]:
    """Address and token of the farm on this computer. Raises LocalProblem if none is running."""
    data = local_farm.folder(session.home, blender or this_blender.blender_command())
    access = local_farm.living(data)
    if access is None:
        raise LocalProblem(
            "The farm on this computer is not running.", "", msg("It starts with the next render on This Computer.")
        )
    return access.url, access.token


def ask_unasked(context: Context, session: Session) -> None:
    """On each timer tick, query the servers of the scene and of the selected job about their nodes, if it is due.

    A server with nodes, which come and go, is queried repeatedly. What can be chosen before a render depends on it.
    Only a farm supports the query: This Computer while others help it, and a server whose address the user entered.
    """
    row = selected_row(context)
    chosen = servers.scene_server(context)
    known = [chosen] if row is None else [chosen, servers.server_at(context, row.current.server_url)]
    for server in known:
        found, why = session.nodes_at(server.url), _why_ask(session, server)
        if why and found.is_due(why, again=server.is_local or found.found.has_nodes):
            session.nodes[server.url] = replace(found, tried=why)
            with suppress(LocalProblem):  # a farm of this computer has just ended, or is still starting
                ask(server, "nodes", is_quiet=True)


def _why_ask(session: Session, server: servers.Server) -> str:
    """A reason to query now, or "": the state of the connection; for This Computer, the time."""
    if server.is_local:
        has_any = bool(session.nodes_at(server.url).found.nodes)
        return f"{time.time() // LOCAL_SECONDS[has_any]}" if other_computers.view().addresses else ""
    is_typed = bool(server.url) and bool(kind_at(server.url).url_field)
    connection = session.connections.get(server.url)
    if not is_typed or not server.key or servers.needs_network(server):
        return ""
    if connection is None:
        return "not tested"
    known = session.nodes_at(server.url)
    if known.found.has_nodes:
        turns = int((time.monotonic() - known.answered_at) / NODES_SECONDS)  # also the next one, if there is no answer
        return f"{turns} after {known.answered_at}" if turns and connection.is_good else ""
    return "reachable" if connection.is_good else ""


_ASKS = "job-nodes"
_EXPLAINED = {
    _ASKS: "Ask the server which node rendered each frame",
    "change": "Render all frames of this job on one kind of device, as CPU and GPU results may differ slightly",
}


def _take(session: Session, url: str, asked: float, child: children.Child, *, is_quiet: bool) -> None:
    if asked != session.keys_since:  # an answer to an earlier key
        return
    try:
        session.nodes[url] = session.nodes_at(url).answered(ask_server.answer(child))
        if url not in session.connections:
            session.note_answer(url, ConnectionStatus(True), asked)  # it accepted the key
    except FarmhandError as error:
        session.nodes[url] = session.nodes_at(url).failed("" if is_quiet else error.message)
        if bpy.app.background:
            raise


CLASSES = (FARMHAND_OT_list_nodes, FARMHAND_OT_use_node, FARMHAND_OT_job_nodes)
