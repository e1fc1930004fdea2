"""Lets Cycles compile the package's OSL scripts: it writes beside the source, where a confined worker cannot write."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..simulation_caches import show_again
from .external_files import inside


def make_compilable(package: Path) -> None:
    """If the package is read-only, point scripts to a folder of this process that has the same files.

    It has all of them, as an included file may have any name and place.
    """
    root = os.path.realpath(package)
    scripts = [one for one in _scripts() if inside(getattr(one[0], one[1]), one[2], root)]
    if not scripts or os.access(package, os.W_OK):
        return
    mirror = Path(tempfile.mkdtemp(prefix="osl_"))
    show_again(Path(root), mirror)
    for owner, name, library in scripts:
        there = os.path.relpath(str(inside(getattr(owner, name), library, root)), root)
        setattr(owner, name, str(mirror / there))


def _scripts() -> Iterator[tuple[Any, str, Any]]:
    """Each reference to a script that must be compiled: its owner, the property, and the owner's library."""
    shaded = [*bpy.data.materials, *bpy.data.lights, *bpy.data.worlds]
    trees = [(one, one.node_tree) for one in shaded if one.node_tree] + [(one, one) for one in bpy.data.node_groups]
    places = [
        (node, "filepath", block.library)
        for block, tree in trees
        for node in tree.nodes
        if node.bl_idname == "ShaderNodeScript" and node.mode == "EXTERNAL"
    ]
    places += [(one, "custom_filepath", one.library) for one in bpy.data.cameras if hasattr(one, "custom_filepath")]
    for owner, name, library in places:
        if getattr(owner, name).lower().endswith(".osl"):
            yield owner, name, library
