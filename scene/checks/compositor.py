# SPDX-License-Identifier: GPL-3.0-or-later
"""File Output nodes: their files come back below the output folder, whatever path they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..scan import usage
from .context import CheckContext
from .findings import INFO, WARNING, Finding


def find(context: CheckContext) -> Iterator[Finding]:
    """Said once; Blender keeps a node's names apart, but not from each other's capitals."""
    tree = usage.compositor_tree(context.scene, context.animation)
    nodes = list(_file_outputs(tree, set())) if tree is not None else []
    if not nodes:
        return
    yield Finding(
        INFO,
        "file_output_nodes",
        f"The compositor writes files by itself ({', '.join(node.name for node in nodes)}): they come back below the "
        "output folder, each node's in a folder of its own.",
        context.scene.name,
    )
    for node in nodes:
        names = [name.casefold() for name in _names(node)]
        if len(set(names)) < len(names):
            yield Finding(
                WARNING,
                "file_output_overwrites",
                f"Two inputs of {node.name} write to names that differ in capitals alone. Where systems take them for "
                "the same, one overwrites the other. Give each its own name.",
                node.name,
            )


def _file_outputs(tree: Any, seen: set[str]) -> Iterator[Any]:
    if tree.name_full in seen:
        return
    seen.add(tree.name_full)
    for node in tree.nodes:
        if node.type == "OUTPUT_FILE" and not node.mute:
            yield node
        elif node.type == "GROUP" and node.node_tree is not None:
            yield from _file_outputs(node.node_tree, seen)


def _names(node: Any) -> list[str]:
    """Of the files; all layers of one EXR are in a single one."""
    if node.format.file_format == "OPEN_EXR_MULTILAYER":
        return []
    # 5.0 names its items; before, slots had paths.
    if hasattr(node, "file_output_items"):
        return [item.name for item in node.file_output_items]
    return [slot.path for slot in node.file_slots]
