"""`farmhand nodes`: the computers that render for a farm, listed, stopped and used again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from ..courier.process import ask_server
from ..jobs import farm_nodes, settings
from ..jobs.farm_nodes import FarmNode, FarmNodes
from ..jobs.user_folder import UserFolder
from .output import DONE, FAILED, Screen


def show(place: UserFolder, server: str, keys: Mapping[str, str], screen: Screen, *, stop: str, use: str) -> int:
    """List the nodes of a server, after stopping one or using one again if requested. Returns the exit code.

    Args:
        server: its URL.
        keys: server URL → key.
        screen: prints them, for people or as JSON.
        stop, use: a node's id or its name, "" for none.

    Raises:
        LocalProblem: the server cannot be queried.
    """
    found = _ask(place, server, keys, "nodes")
    wanted = stop or use
    if wanted:
        named = [each for each in found.nodes if each.id == wanted] or _named(found, wanted)
        if len({each.id for each in named}) != 1:
            known = ", ".join(f"{each.id} ({each.host})" for each in named)
            several = f"Several nodes are named {wanted}. Use an ID instead: {known}."
            text = several if named else f"Node {wanted} is not connected to {server}."
            screen.result({"server": server, "nodes": [asdict(each) for each in named]}, text)
            return FAILED
        node = named[0]
        found = _ask(place, server, keys, "stop-node" if stop else "use-node", node.id)
    told = {"server": server, "hasNodes": found.has_nodes, "nodes": [asdict(each) for each in found.nodes]}
    screen.result(told, "\n".join(_lines(server, found)))
    return DONE


def _named(found: FarmNodes, name: str) -> list[FarmNode]:
    return [each for each in found.nodes if each.name == name]


def _lines(server: str, found: FarmNodes) -> list[str]:
    if not found.has_nodes:
        return [f"{server} does not render on nodes."]
    return [_line(each) for each in found.nodes] or ["No node is connected."]


def _line(node: FarmNode) -> str:
    pace = "" if node.frame_seconds is None else f", {node.frame_seconds:.1f} s each"
    facts = f"{node.system}, Blender {node.blender}, {', '.join(node.devices) or 'CPU'}"
    work = f"{node.busy}/{node.slots} busy, {node.frames_done} done{pace}"
    return f"{node.id}  {node.name:<16}  {node.state:<9}  {work}  ({facts})  {node.reason}".rstrip()


def _ask(place: UserFolder, server: str, keys: Mapping[str, str], *words: str) -> FarmNodes:
    child = ask_server.ask(server, keys.get(server, ""), settings.read(place).ca_file, *words)
    return farm_nodes.read(ask_server.answer(child))
