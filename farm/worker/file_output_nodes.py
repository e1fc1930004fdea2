"""The compositor's File Output nodes: sends what they write to a folder of the farm, each node to its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from .analyze import compositor_tree

_NOT_IN_A_NAME = re.compile(r"[:\x00-\x1f\x7f\ud800-\udfff]")


def redirect(scene: Any, folder: Path) -> dict[str, str]:
    """Point every File Output node of the file below the folder.  Returns the nodes' names by sub-folder.

    Nodes of other scenes write as well, when the scene shows one of them in a strip or a render layer.
    """
    origins: dict[str, str] = {}
    for node in sorted(_file_outputs(_trees(scene)), key=lambda each: bool(each.mute)):
        name = _unused(_plain(node.name), origins)
        origins[name] = node.name
        (folder / name).mkdir(parents=True, exist_ok=True)
        _send_to(node, folder / name)
    return origins


def _trees(scene: Any) -> Iterator[Any]:
    """Every compositor node tree of the file, the scene's own one first."""
    scenes = [scene, *(each for each in bpy.data.scenes if each != scene)]
    yield from (tree for tree in map(compositor_tree, scenes) if tree is not None)
    yield from (tree for tree in bpy.data.node_groups if tree.bl_idname == "CompositorNodeTree")


def _send_to(node: Any, folder: Path) -> None:
    # 5.0 gave the node a folder and a file name in place of a base path.
    if hasattr(node, "directory"):
        node.directory = str(folder)
        node.file_name = _stay_inside(node.file_name)
        return
    multilayer = node.format.file_format == "OPEN_EXR_MULTILAYER"
    node.base_path = str(folder / _plain(Path(node.base_path).name)) if multilayer else str(folder)
    for slot in node.file_slots:
        slot.path = _stay_inside(slot.path)


def _file_outputs(trees: Iterable[Any]) -> Iterator[Any]:
    """File Output nodes of the trees and, right after each group node, of the group."""
    seen: set[int] = set()

    def of(tree: Any) -> Iterator[Any]:
        if tree.as_pointer() in seen:
            return
        seen.add(tree.as_pointer())
        for node in tree.nodes:
            if node.type == "OUTPUT_FILE":
                yield node
            elif node.type == "GROUP" and node.node_tree is not None:
                yield from of(node.node_tree)

    for tree in trees:
        yield from of(tree)


def _stay_inside(path: str) -> str:
    """A path without a start or a step that would leave the folder."""
    parts = [part for part in re.split(r"[/\\]+", path) if part not in ("", ".", "..")]
    return "/".join(_NOT_IN_A_NAME.sub("_", part) for part in parts)


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip(".") or "node"


def _unused(name: str, taken: dict[str, str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
