"""Redirects the compositor's File Output nodes to a folder of the farm, each node to its own subfolder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .. import compositors
from . import output_names
from .plain_names import plain


def redirect(scene: Any, folder: Path) -> dict[str, str]:
    """Point every File Output node of the file below the folder. Returns the nodes' names by sub-folder."""
    origins: dict[str, str] = {}
    for node in compositors.file_outputs(scene):
        name = _unused(_plain(node.name), origins)
        origins[name] = node.name
        (folder / name).mkdir(parents=True, exist_ok=True)
        _send_to(node, folder / name)
    return origins


def _send_to(node: Any, folder: Path) -> None:
    # Since 5.0 the node has a folder and a file name instead of a base path.
    if hasattr(node, "directory"):
        node.directory = output_names.literal(folder) + output_names.variable_folders(node.directory)
        node.file_name = _stay_inside(output_names.without_folders(node.file_name))
        return
    multilayer = node.format.file_format == "OPEN_EXR_MULTILAYER"
    name = _stay_inside(re.split(r"[/\\]", node.base_path)[-1]) if multilayer else ""
    node.base_path = f"{output_names.literal(folder)}/{name}"
    for slot in node.file_slots:
        slot.path = _stay_inside(slot.path)


def _stay_inside(path: str) -> str:
    """The path without a root or `..` that would leave the folder."""
    parts = [part for part in re.split(r"[/\\]+", path) if part not in ("", ".", "..")]
    return "/".join(plain(part).replace(":", "_") for part in parts)


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip(".") or "node"


def _unused(name: str, taken: dict[str, str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
