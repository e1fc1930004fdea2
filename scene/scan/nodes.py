"""Node trees, and the nodes that name files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import compositors, node_paths, osl
from .animated.animation import Animation
from .reference import Reference, absolute, attribute, no_file, one_file, words

COMPUTED = "computed path"
"""Nodes put the path together, or hand it to another .blend: which file it is cannot be determined here."""


_EXTERNAL = {"ShaderNodeTexIES": "IES light", "ShaderNodeScript": "OSL script"}


def trees(block: Any, animation: Animation) -> Iterator[Any]:
    """The node trees that belong to a data-block."""
    if block.id_type == "SCENE":
        yield from (tree for tree in compositors.of_render(block, animation) if tree.is_embedded_data)
    elif block.id_type == "NODETREE":
        yield block
    elif getattr(block, "node_tree", None) is not None:
        yield block.node_tree


def references(block: Any, animation: Animation) -> Iterator[Reference]:
    """Files that nodes name by themselves: IES lights, OSL scripts, and sockets that take a path."""
    for tree in trees(block, animation):
        for node in tree.nodes:
            where = f"{words(block)} > {node.name}"
            if node.bl_idname in _EXTERNAL and node.filepath and animation.may_be(node, "mode", "EXTERNAL"):
                yield _of(block, where, _EXTERNAL[node.bl_idname], node.filepath, attribute(node, "filepath"))
            if node.bl_idname == "ShaderNodeScript":
                yield from _textures(block, node, where)
            elif not node.mute:
                yield from _sockets(block, node, where)


def modifier_inputs(thing: Any, modifier: Any) -> Iterator[Reference]:
    """Paths that a geometry nodes modifier passes to its group."""
    group = modifier.node_group
    for item in group.interface.items_tree if group is not None else ():
        if getattr(item, "in_out", "") == "INPUT" and node_paths.is_path(item, group):
            value, assign = _input(modifier, item.identifier)
            if value:
                where = f"{words(thing)} > {modifier.name}"
                yield _handed(thing, where, value, assign, node_paths.readers(group, item.identifier))


def _input(modifier: Any, key: str) -> tuple[str, Callable[[str], None]]:
    """The modifier's value for an input, and how to assign another one."""
    if hasattr(modifier, "properties"):  # 5.2
        given = getattr(modifier.properties.inputs, key, None)
        return getattr(given, "value", ""), attribute(given, "value")

    def assign(path: str) -> None:
        modifier[key] = path

    return modifier.get(key, ""), assign


def _textures(block: Any, node: Any, where: str) -> Iterator[Reference]:
    """Pictures named by text inputs of OSL scripts; `//` in them is relative to the .blend (Cycles)."""
    for socket in node.inputs:
        if socket.type == "STRING" and socket.default_value:
            raw = socket.default_value
            path = absolute(raw, block)
            yield Reference(osl.TEXTURE, where, path, raw, osl.texture(path), attribute(socket, "default_value"))


def _sockets(block: Any, node: Any, where: str) -> Iterator[Reference]:
    for socket in node.inputs:
        if node_paths.takes_path(node, socket):
            for source in node_paths.origins(socket):
                yield from _from(source, block, where, node_paths.readers_through(node, socket))


def _from(source: Any, block: Any, where: str, readers: Iterator[Any]) -> Iterator[Reference]:
    """The file that is named by the socket with the path."""
    if not source.is_output:
        if source.default_value:
            yield _handed(block, where, source.default_value, attribute(source, "default_value"), readers)
    elif source.node.type == "INPUT_STRING":
        if source.node.string:
            yield _handed(block, where, source.node.string, attribute(source.node, "string"), readers)
    elif source.node.type != "GROUP_INPUT":  # set by the group's user
        yield _computed(where)


def _handed(block: Any, where: str, value: str, assign: Callable[[str], None], readers: Iterator[Any]) -> Reference:
    """`//` is relative to the .blend of the tree that reads the file, maybe not the one with the path."""
    if any(tree.library != block.library for tree in readers):
        return _computed(where)
    return _of(block, where, "file", value, assign)


def _computed(where: str) -> Reference:
    return Reference(COMPUTED, where, where, "", no_file)


def _of(block: Any, where: str, kind: str, raw: str, assign: Callable[[str], None]) -> Reference:
    path = absolute(raw, block)
    return Reference(kind, where, path, raw, one_file(path), assign)
