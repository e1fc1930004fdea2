"""Where a scene keeps the node trees that composite its renders, in each Blender version.

up to 4.5    one tree that is part of the scene, behind a switch
5.0 to 5.2   one node group
5.3          a list of effects, each with a node group and values for its inputs; later ones work on what earlier made
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .animated.animation import Animation

_NAMES_A_SCENE = frozenset({"R_LAYERS", "CRYPTOMATTE_V2", "DEFOCUS"})


def of_render(scene: Any, animation: Animation) -> list[Any]:
    """The trees that a render of the scene runs, in their order."""
    if not scene.render.use_compositing:
        return []
    if hasattr(scene, "compositor_effects"):
        trees = dict.fromkeys(effect.node_group for effect in _effects(scene, animation))
    elif hasattr(scene, "compositing_node_group"):
        trees = {scene.compositing_node_group: None}
    else:
        trees = {scene.node_tree if animation.is_on(scene, "use_nodes") else None: None}
    return [tree for tree in trees if tree is not None]


def makes_frames(scene: Any, animation: Animation) -> bool:
    """Whether a render without the sequencer writes frames. Blender silently renders nothing if the compositor shows
    no render of its scene and has no output; its File Output nodes still write."""
    trees = of_render(scene, animation)
    if not trees:
        return True
    if hasattr(scene, "compositor_effects"):  # 5.3 also looks into groups (tried)
        trees += [inner for tree in trees for inner in _groups(tree, {tree})]
    return any(_shows_render(node) or _is_output(node) for tree in trees for node in tree.nodes)


def embedded(scene: Any) -> Any | None:
    """The tree that is part of the scene itself, enabled or not; since 5.0 there is none."""
    keeps_groups = hasattr(scene, "compositor_effects") or hasattr(scene, "compositing_node_group")
    return None if keeps_groups else scene.node_tree


def handed_to_effects(scene: Any, animation: Animation) -> Iterator[Any]:
    """Data-blocks that the effects of a render pass to their groups, such as a font."""
    if scene.render.use_compositing and hasattr(scene, "compositor_effects"):
        for effect in _effects(scene, animation):
            yield from handed(effect)


def handed(owner: Any) -> Iterator[Any]:
    """Data-blocks that an effect, or a strip or its modifier, passes to its node group.

    5.2 has such inputs for modifiers, but forgets their data-blocks when it opens a file, and crashes when one is read.
    """
    if bpy.app.version < (5, 3, 0):
        return
    inputs = getattr(getattr(owner, "properties", None), "inputs", None)
    for known in inputs.bl_rna.properties if inputs is not None else ():
        value = getattr(getattr(inputs, known.identifier), "value", None)
        if hasattr(value, "id_type"):
            yield value


def scenes_in_groups(tree: Any) -> Iterator[Any]:
    """Scenes that nodes name inside the groups of a tree: 5.3 renders them, earlier ones did not (tried)."""
    if hasattr(tree, "allow_usage_in_scene_compositor_effect"):
        for inner in _groups(tree, {tree}):
            for node in inner.nodes:
                if node.type in _NAMES_A_SCENE and not node.mute and node.scene is not None:
                    yield node.scene


def file_outputs(scene: Any, animation: Animation) -> Iterator[Any]:
    """The File Output nodes that a render of the scene runs, in groups too."""
    seen: set[Any] = set()
    for tree in of_render(scene, animation):
        is_new = tree not in seen
        seen.add(tree)
        for each in (*([tree] if is_new else []), *_groups(tree, seen)):
            yield from (node for node in each.nodes if node.type == "OUTPUT_FILE" and not node.mute)


def _shows_render(node: Any) -> bool:
    """Whether the node brings in a render, of any scene."""
    return node.type == "R_LAYERS" and not node.mute


def _is_output(node: Any) -> bool:
    """Whether it is the compositor's output, which since 5.0 counts even if it is muted."""
    return node.type == "GROUP_OUTPUT" or (node.type == "COMPOSITE" and not node.mute)


def _effects(scene: Any, animation: Animation) -> list[Any]:
    """The effects that a render runs, or may run at some time."""
    return [effect for effect in scene.compositor_effects if animation.is_on(effect, "enable_for_render")]


def _groups(tree: Any, seen: set[Any]) -> Iterator[Any]:
    """The groups inside a tree, each once."""
    for node in tree.nodes:
        inner = node.node_tree if node.type == "GROUP" and not node.mute else None
        if inner is not None and inner not in seen:
            seen.add(inner)
            yield inner
            yield from _groups(inner, seen)
