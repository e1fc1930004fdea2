# SPDX-License-Identifier: GPL-3.0-or-later
"""File Output nodes: their files come back below the output folder, whatever path they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..findings import INFO, WARNING, Finding
from ..scan import reach
from .case import Case


def find(case: Case) -> Iterator[Finding]:
    """Said once; two nodes that write to one name are a warning."""
    tree = reach.compositor_tree(case.scene)
    nodes = list(_file_outputs(tree, set())) if tree is not None else []
    if not nodes:
        return
    yield Finding(
        INFO,
        "file_output_nodes",
        f"The compositor writes files by itself ({', '.join(node.name for node in nodes)}): they come back below the "
        "output folder, each node's in a folder of its own.",
        case.scene.name,
    )
    for node in nodes:
        paths = _paths(node)
        if len(set(paths)) < len(paths):
            yield Finding(
                WARNING,
                "file_output_overwrites",
                f"Two inputs of {node.name} write to the same name, so one would overwrite the other. "
                "Give each its own name.",
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


def _paths(node: Any) -> list[str]:
    # 5.0 names its items; before, slots had paths, and layers of one EXR had names.
    if hasattr(node, "file_output_items"):
        return [item.name for item in node.file_output_items]
    if node.format.file_format == "OPEN_EXR_MULTILAYER":
        return [slot.name for slot in node.layer_slots]
    return [slot.path for slot in node.file_slots]
