# SPDX-License-Identifier: GPL-3.0-or-later
"""Node trees, and the nodes that name files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import reach
from .reference import Reference, absolute, attribute, one_file, words

_PATH_SOCKET = "NodeSocketStringFilePath"


def trees(block: Any) -> Iterator[Any]:
    """The node trees that belong to a data-block."""
    if block.id_type == "SCENE":
        tree = reach.compositor_tree(block)
        if tree is not None and tree.is_embedded_data:
            yield tree
    elif block.id_type == "NODETREE":
        yield block
    elif getattr(block, "node_tree", None) is not None:
        yield block.node_tree


def references(block: Any) -> Iterator[Reference]:
    """Files that nodes name by themselves: IES lights, OSL scripts, and sockets that take a path."""
    for tree in trees(block):
        for node in tree.nodes:
            if node.bl_idname == "ShaderNodeTexIES" and node.mode == "EXTERNAL" and node.filepath:
                yield _of(block, node, "IES light", node.filepath, attribute(node, "filepath"))
            elif node.bl_idname == "ShaderNodeScript" and node.mode == "EXTERNAL" and node.filepath:
                yield _of(block, node, "OSL script", node.filepath, attribute(node, "filepath"))
            else:
                yield from _sockets(block, node)


def modifier_inputs(thing: Any, modifier: Any) -> Iterator[Reference]:
    """Paths that a geometry nodes modifier hands to its group."""
    group = modifier.node_group
    for item in group.interface.items_tree if group is not None else ():
        if getattr(item, "in_out", "") != "INPUT" or not _takes_path(item):
            continue
        value = modifier.get(item.identifier, "")
        if value:
            path = absolute(value, thing)

            def assign(new: str, key: str = item.identifier) -> None:
                modifier[key] = new

            yield Reference("file", f"{words(thing)} > {modifier.name}", path, value, one_file(path), assign)


def _sockets(block: Any, node: Any) -> Iterator[Reference]:
    for socket in node.inputs:
        if socket.bl_idname != _PATH_SOCKET:
            continue
        if not socket.is_linked:
            if socket.default_value:
                yield _of(block, node, "file", socket.default_value, attribute(socket, "default_value"))
            continue
        source = socket.links[0].from_node
        if source.type == "INPUT_STRING" and source.string:
            yield _of(block, node, "file", source.string, attribute(source, "string"))


def _takes_path(item: Any) -> bool:
    return item.socket_type == _PATH_SOCKET or getattr(item, "subtype", "") == "FILE_PATH"


def _of(block: Any, node: Any, kind: str, raw: str, assign: Any) -> Reference:
    path = absolute(raw, block)
    return Reference(kind, f"{words(block)} > {node.name}", path, raw, one_file(path), assign)
