"""Keeps geometry nodes from reading a file whose name other nodes compute (from Blender 4.5 on).

Such a name is known only when the scene is evaluated. Import Text shows what it reads in the frame, and even a confined
Blender sees files of the system.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .external_files import unchangeable_path

_PATH = "NodeSocketStringFilePath"
_PASS_ON = frozenset({"GROUP", "GROUP_OUTPUT", "REROUTE"})
"""Nodes that read no file themselves."""


def make_literal() -> Iterator[str]:
    """Unlink each path that a node reads, before literal paths are checked. A constant one becomes a literal.

    Returns sentences for the artist on the others.
    """
    for tree in bpy.data.node_groups:
        for link in [each for each in tree.links if _is_read(each)]:
            node: Any = link.to_node
            socket: Any = link.to_socket
            constant = _constant(tree, link)
            tree.links.remove(link)
            if any(each.to_socket == socket for each in tree.links):
                raise unchangeable_path(tree)
            socket.default_value = constant or ""
            if constant is None and not node.mute:
                yield f"The node “{node.name}” reads a file whose name is computed, which this farm does not allow."


def _is_read(link: Any) -> bool:
    return link.to_socket.bl_idname == _PATH and link.to_node.type not in _PASS_ON


def _constant(tree: Any, link: Any) -> str | None:
    """What comes over a link, if it is the text of a String node."""
    for _ in range(len(tree.nodes)):
        node = link.from_node
        if node.type != "REROUTE":
            return str(node.string) if node.bl_idname == "FunctionNodeInputString" else None
        link = next((each for each in tree.links if each.to_node == node), None)
        if link is None:
            return None
    return None
