"""Where a scene keeps the node trees that composite its renders, in each Blender version.

up to 4.5    one tree that is part of the scene, behind a switch
5.0 to 5.2   one node group
5.3          a list of effects, each with a node group, that work on the render of the scene
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy


def of_scene(scene: Any) -> list[Any]:
    """The scene's trees, in their order."""
    if hasattr(scene, "compositor_effects"):
        trees = dict.fromkeys(effect.node_group for effect in scene.compositor_effects)
    elif hasattr(scene, "compositing_node_group"):
        trees = {scene.compositing_node_group: None}
    else:
        trees = {scene.node_tree if scene.use_nodes else None: None}
    return [tree for tree in trees if tree is not None]


def is_used(scene: Any) -> bool:
    """Whether a render runs any of them."""
    effects = getattr(scene, "compositor_effects", None)
    is_off = effects is not None and not any(effect.enable_for_render for effect in effects)
    return bool(scene.render.use_compositing and of_scene(scene) and not is_off)


def replaces_render(scene: Any) -> bool:
    """Whether the compositor makes the picture without a render of the scene, which then needs no camera."""
    if hasattr(scene, "compositor_effects"):
        return False
    return is_used(scene) and not any(_renders(node, scene) for tree in of_scene(scene) for node in tree.nodes)


def file_outputs(scene: Any) -> list[Any]:
    """The File Output nodes of all compositors of the file, in groups too, the scene's own ones first, muted ones last.

    Nodes of other scenes write too if the scene uses such a scene in a strip or a render layer; an effect's switch may
    be animated.
    """
    scenes = [scene, *(each for each in bpy.data.scenes if each != scene)]
    trees = [tree for each in scenes for tree in of_scene(each)]
    trees += [tree for tree in bpy.data.node_groups if tree.bl_idname == "CompositorNodeTree"]
    seen: set[int] = set()
    nodes = [node for tree in trees for node in _file_outputs(tree, seen)]
    return sorted(nodes, key=lambda node: bool(node.mute))


def _renders(node: Any, scene: Any) -> bool:
    return node.type == "R_LAYERS" and node.scene in (None, scene)


def _file_outputs(tree: Any, seen: set[int]) -> Iterator[Any]:
    if tree.as_pointer() in seen:
        return
    seen.add(tree.as_pointer())
    for node in tree.nodes:
        if node.type == "OUTPUT_FILE":
            yield node
        elif node.type == "GROUP" and node.node_tree is not None:
            yield from _file_outputs(node.node_tree, seen)
