"""Frames as an Image node in the scene's compositor, shown by a Viewer; what the scene renders does not change."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.types import Scene

from . import image
from .footage import Footage

GAP = 60
_COMPOSITE = "Composite"
"""The layer of a multi-layer file that holds what the compositor made."""


def add(scene: Scene, footage: Footage, *, is_asked: bool = True) -> Any:
    """Add the node to the scene's tree, or find the existing one, and let the Viewer show it.

    Args:
        is_asked: whether the user just clicked; else a Viewer that shows the user's own work keeps showing it.
    """
    tree = tree_of(scene)
    shown = image.image_of(footage)
    node = next((one for one in tree.nodes if one.type == "IMAGE" and one.image == shown), None)
    if node is None:
        node = tree.nodes.new("CompositorNodeImage")
        node.image = shown
        node.label = footage.name
        node.location = _free_place(tree, node)
        image.set_range(node, footage)
        _choose_layer(node)
    viewer = next((one for one in tree.nodes if one.type == "VIEWER"), None)
    if is_asked or viewer is None or not _shows_work(viewer):
        _show(tree, node, viewer)
    return node


def tree_of(scene: Scene) -> Any:
    """The scene's compositor tree; if there is none, it is created as Blender itself does."""
    if hasattr(scene, "compositor_effects"):
        return _effect_of(scene).node_group
    if hasattr(scene, "compositing_node_group"):
        if scene.compositing_node_group is None:
            before = set(bpy.data.node_groups)
            bpy.ops.node.new_compositing_node_group(name=scene.name)
            scene.compositing_node_group = next(iter(set(bpy.data.node_groups) - before))
            _read_from(scene, scene.compositing_node_group)
        return scene.compositing_node_group
    if scene.node_tree is None:  # a disabled one stays disabled: else it would composite renders
        scene.use_nodes = True
        _read_from(scene, scene.node_tree)
    return scene.node_tree


def _effect_of(scene: Scene) -> Any:
    """The effect whose nodes the Compositor shows. A new one passes its input through."""
    effects = scene.compositor_effects
    effect = effects.active or (effects[-1] if len(effects) else effects.new(scene.name))
    if effect.node_group is None:
        effect.node_group = tree = bpy.data.node_groups.new(scene.name, "CompositorNodeTree")
        tree.allow_usage_in_scene_compositor_effect = True
        for direction in ("INPUT", "OUTPUT"):
            tree.interface.new_socket("Image", in_out=direction, socket_type="NodeSocketColor")
        given, made = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
        given.location, made.location = (-290, 100), (200, 100)
        tree.links.new(given.outputs[0], made.inputs[0])
    effects.active = effect
    return effect


def _read_from(scene: Scene, tree: Any) -> None:
    """Set the scene of a new tree's render layers, which Blender sets to the window's scene."""
    for node in tree.nodes:
        if node.type == "R_LAYERS":
            node.scene = scene


def _choose_layer(node: Any) -> None:
    """In a multi-layer file, show the layer with the most passes: a compositor's result has none."""
    if node.has_layers:
        node.layer = max(_layers(node), key=lambda name: (_passes(node, name), name == _COMPOSITE))


def _layers(node: Any) -> list[str]:
    """The names of the file's layers, which Blender gives only in the error for an invalid one."""
    try:
        node.layer = "\n"
    except TypeError as refusal:
        _, _, names = str(refusal).partition(" not found in ")
        return names.removeprefix("('").removesuffix("')").split("', '")
    return [node.layer]


def _passes(node: Any, layer: str) -> int:
    node.layer = layer
    return sum(socket.enabled for socket in node.outputs)


def _shows_work(viewer: Any) -> bool:
    """Whether the Viewer shows more than a plain render or file."""
    return any(link.from_node.type not in {"R_LAYERS", "GROUP_INPUT", "IMAGE"} for link in viewer.inputs[0].links)


def _show(tree: Any, node: Any, viewer: Any) -> None:
    if viewer is None:
        viewer = tree.nodes.new("CompositorNodeViewer")
        viewer.location = (node.location.x + 300, node.location.y)
    colors = next((socket for socket in node.outputs if socket.enabled and socket.type == "RGBA"), None)
    if colors is not None:
        tree.links.new(colors, viewer.inputs[0])
    # Of several, Blender shows the one that was active last.
    tree.nodes.active = viewer


def _free_place(tree: Any, node: Any) -> tuple[float, float]:
    others = [one for one in tree.nodes if one != node]
    left = min((one.location.x for one in others), default=0.0)
    low = min((one.location.y - one.height for one in others), default=0.0)
    return left, low - GAP
