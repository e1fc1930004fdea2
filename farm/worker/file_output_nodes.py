"""The compositor's File Output nodes: sends what they write to a folder of the farm, each node to its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import output_names
from .analyze import compositor_tree


def redirect(scene: Any, folder: Path) -> dict[str, str]:
    """Point every File Output node below the folder.  Returns the nodes' names by sub-folder."""
    tree = compositor_tree(scene)
    if tree is None or not scene.render.use_compositing:
        return {}
    origins: dict[str, str] = {}
    for node in _file_outputs(tree, set()):
        name = _unused(_plain(node.name), origins)
        origins[name] = node.name
        (folder / name).mkdir(parents=True, exist_ok=True)
        _send_to(node, folder / name)
    return origins


def _send_to(node: Any, folder: Path) -> None:
    # 5.0 gave the node a folder and a file name in place of a base path.
    if hasattr(node, "directory"):
        node.directory = output_names.literal(folder) + output_names.variable_folders(node.directory)
        node.file_name = _stay_inside(output_names.without_folders(node.file_name))
        return
    multilayer = node.format.file_format == "OPEN_EXR_MULTILAYER"
    name = _stay_inside(re.split(r"[/\\]", node.base_path)[-1]) if multilayer else ""
    node.base_path = f"{output_names.literal(folder)}/{name}"
    for slot in node.file_slots:
        slot.path = _stay_inside(slot.path)


def _file_outputs(tree: Any, seen: set[str]) -> Iterator[Any]:
    """File Output nodes of a tree and of the groups in it."""
    if tree.name_full in seen:
        return
    seen.add(tree.name_full)
    for node in tree.nodes:
        if node.type == "OUTPUT_FILE" and not node.mute:
            yield node
        elif node.type == "GROUP" and node.node_tree is not None:
            yield from _file_outputs(node.node_tree, seen)


def _stay_inside(path: str) -> str:
    """A path without a start or a step that would leave the folder."""
    parts = [part for part in re.split(r"[/\\]+", path) if part not in ("", ".", "..")]
    return "/".join(part.replace(":", "_") for part in parts)


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip(".") or "node"


def _unused(name: str, taken: dict[str, str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
