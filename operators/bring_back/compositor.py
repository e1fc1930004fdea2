# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as an Image node in the scene's compositor, shown by a Viewer; what the scene renders does not change."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.types import Scene

from .footage import Footage, image, set_range

GAP = 60


def add(scene: Scene, footage: Footage) -> Any:
    """Add the node to the scene's tree, or bring the one that is there up to date."""
    tree = tree_of(scene)
    picture = image(footage)
    node = next((one for one in tree.nodes if one.type == "IMAGE" and one.image == picture), None)
    if node is None:
        node = tree.nodes.new("CompositorNodeImage")
        node.image = picture
        node.label = footage.name
        node.location = _free_place(tree, node)
        _show(tree, node)
    set_range(node, footage)
    return node


def tree_of(scene: Scene) -> Any:
    """The scene's compositor tree; made as Blender itself makes it where there is none."""
    if not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = True
        return scene.node_tree
    if scene.compositing_node_group is None:
        before = set(bpy.data.node_groups)
        bpy.ops.node.new_compositing_node_group(name=scene.name)
        scene.compositing_node_group = next(iter(set(bpy.data.node_groups) - before))
    return scene.compositing_node_group


def _show(tree: Any, node: Any) -> None:
    viewer = next((one for one in tree.nodes if one.type == "VIEWER"), None)
    if viewer is None:
        viewer = tree.nodes.new("CompositorNodeViewer")
        viewer.location = (node.location.x + 300, node.location.y)
    picture = next((socket for socket in node.outputs if socket.enabled and socket.type == "RGBA"), None)
    if picture is not None and not viewer.inputs[0].is_linked:
        tree.links.new(picture, viewer.inputs[0])


def _free_place(tree: Any, node: Any) -> tuple[float, float]:
    others = [one for one in tree.nodes if one != node]
    left = min((one.location.x for one in others), default=0.0)
    low = min((one.location.y - one.height for one in others), default=0.0)
    return left, low - GAP
