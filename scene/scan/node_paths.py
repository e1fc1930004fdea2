"""Where a path in node trees comes from and who reads it: through reroutes, group inputs and nested groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PATH_SOCKET = "NodeSocketStringFilePath"
_PASS_ON = frozenset({"REROUTE", "GROUP_OUTPUT"})
_CHOOSE = frozenset({"SWITCH", "INDEX_SWITCH", "MENU_SWITCH"})


def takes_path(node: Any, socket: Any) -> bool:
    """Whether a node reads this input as a path: itself, or inside its group."""
    if node.type in _PASS_ON | _CHOOSE:
        return False
    return socket.bl_idname == _PATH_SOCKET or any(True for _ in readers_through(node, socket))


def is_path(item: Any, group: Any) -> bool:
    """Whether an input of a group is a path: it is declared as one, or read as one."""
    if item.socket_type == _PATH_SOCKET or getattr(item, "subtype", "") == "FILE_PATH":
        return True
    return item.socket_type == "NodeSocketString" and any(True for _ in readers(group, item.identifier))


def origins(socket: Any, passed: tuple[Any, ...] = ()) -> Iterator[Any]:
    """The sockets in the same tree that have the value, or may have it if nodes choose between several: unlinked
    inputs, or outputs at the ends of the links. passed: nodes to skip."""
    if not socket.is_linked:
        yield socket
        return
    before = socket.links[0].from_socket
    if before.node in passed:  # a cycle, which Blender does not evaluate
        return
    if before.node.type == "REROUTE":
        yield from origins(before.node.inputs[0], (*passed, before.node))
    elif before.node.type in _CHOOSE:
        for choice in _choices(before.node):
            yield from origins(choice, (*passed, before.node))
    else:
        yield before


def readers_through(node: Any, socket: Any) -> Iterator[Any]:
    """The trees that read a file by this input of the node, if it is a group node."""
    if node.type == "GROUP" and node.node_tree is not None and socket.type == "STRING":
        yield from readers(node.node_tree, socket.identifier)


def readers(group: Any, identifier: str) -> Iterator[Any]:
    """The trees in which a node reads a file by this input of the group."""
    for link in group.links:
        if link.from_node.type == "GROUP_INPUT" and link.from_socket.identifier == identifier:
            for socket in _ends(link):
                if socket.node.type == "GROUP":
                    yield from readers_through(socket.node, socket)
                elif socket.bl_idname == _PATH_SOCKET and socket.node.type not in _PASS_ON:
                    yield group


def _ends(link: Any, passed: tuple[Any, ...] = ()) -> Iterator[Any]:
    """The inputs that a link reaches, through reroutes and nodes that choose."""
    if link.to_node in passed:
        return
    if link.to_node.type != "REROUTE" and not (link.to_node.type in _CHOOSE and link.to_socket.type == "STRING"):
        yield link.to_socket
        return
    for output in link.to_node.outputs:
        for following in output.links:
            yield from _ends(following, (*passed, link.to_node))


def _choices(node: Any) -> Iterator[Any]:
    """The texts that a node chooses from."""
    yield from (socket for socket in node.inputs if socket.type == "STRING" and socket.enabled)
