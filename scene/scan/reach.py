# SPDX-License-Identifier: GPL-3.0-or-later
"""Which data-blocks a render of a scene uses: Blender's own map of users, walked from the scene.

Left out: brushes and palettes, what only other scenes use, pictures that are for the artist's eye alone (a camera's
background, an empty's image, a paint canvas), and the compositor or the sequencer when the render does not run it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Scene

from .reference import words

__all__ = ["compositor_tree", "renders_sequencer", "strips_of", "used_by", "users_of_all", "words"]

Used = dict[Any, Any]
"""Data-block → the one that pulled it in, or None for the scene itself."""

_NEVER = frozenset({"SCENE", "BRUSH", "PALETTE", "PAINTCURVE", "WORKSPACE", "SCREEN", "WINDOWMANAGER", "LIBRARY"})
_NOT_BY_SCENE = frozenset({"IMAGE", "MOVIECLIP", "MASK", "NODETREE", "TEXT", "SOUND", "FONT", "TEXTURE", "VECTORFONT"})
_FOR_THE_EYE = {"CAMERA": frozenset({"IMAGE", "MOVIECLIP"}), "OBJECT": frozenset({"IMAGE"})}
_TRACKING = frozenset({"CAMERA_SOLVER", "FOLLOW_TRACK", "OBJECT_SOLVER"})


def used_by(scene: Scene) -> Used:
    """All data-blocks that the render reads, the scene first, in a stable order."""
    uses = _uses()
    used: Used = {scene: None}
    waiting = [scene]
    while waiting:
        block = waiting.pop()
        for other in _pulled_by(block, uses):
            if other not in used:
                used[other] = block
                waiting.append(other)
    return used


def renders_sequencer(scene: Scene) -> bool:
    """Whether frames come from the sequencer."""
    return scene.render.use_sequencer and any(strip.type != "SOUND" for strip in strips_of(scene))


def strips_of(scene: Scene) -> list[Any]:
    """All strips that are not muted, those inside meta strips too."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    every = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all
    return [strip for strip in every if not strip.mute]


def compositor_tree(scene: Scene) -> Any | None:
    """The compositor's nodes when the render runs them.  5.0 keeps them in a node group."""
    if not scene.render.use_compositing:
        return None
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def users_of_all() -> dict[Any, set[Any]]:
    """Blender's map of every data-block to its users."""
    users: dict[Any, set[Any]] = bpy.data.user_map()  # type: ignore[call-arg]
    return users


def _uses() -> dict[Any, list[Any]]:
    """User → what it uses; Blender's map is the other way round."""
    uses: dict[Any, list[Any]] = {}
    for block, users in users_of_all().items():
        if block.id_type not in _NEVER:
            for user in users:
                uses.setdefault(user, []).append(block)
    return uses


def _pulled_by(block: Any, uses: dict[Any, list[Any]]) -> Iterator[Any]:
    if block.id_type == "SCENE":
        yield from _pulled_by_scene(block, uses)
        return
    hidden = _FOR_THE_EYE.get(block.id_type, frozenset())
    yield from (other for other in uses.get(block, ()) if other.id_type not in hidden)
    if block.id_type == "OBJECT":
        yield from _clips_of_constraints(block)


def _pulled_by_scene(scene: Scene, uses: dict[Any, list[Any]]) -> Iterator[Any]:
    if renders_sequencer(scene):
        for strip in strips_of(scene):
            yield from _pulled_by_strip(strip)
        return
    yield from (other for other in uses.get(scene, ()) if other.id_type not in _NOT_BY_SCENE)
    if scene.background_set is not None:
        yield scene.background_set
    tree = compositor_tree(scene)
    if tree is not None:
        yield from _pulled_by_compositor(tree, scene)


def _pulled_by_compositor(tree: Any, scene: Scene) -> Iterator[Any]:
    """A tree that is a data-block of its own brings what it uses; other scenes come with their render layers."""
    if not tree.is_embedded_data:
        yield tree
    for node in tree.nodes:
        for name in ("image", "clip", "mask", "node_tree", "texture", "scene"):
            other = getattr(node, name, None)
            if other is not None and other != scene and not node.mute:
                yield other


def _pulled_by_strip(strip: Any) -> Iterator[Any]:
    for name in ("scene", "clip", "mask", "sound", "font", "scene_camera"):
        other = getattr(strip, name, None)
        if other is not None:
            yield other
    for modifier in getattr(strip, "modifiers", ()):
        for name in ("input_mask_id", "node_group"):
            if getattr(modifier, name, None) is not None:
                yield getattr(modifier, name)


def _clips_of_constraints(thing: Any) -> Iterator[Any]:
    """Constraints that follow the active clip of the scene name it nowhere."""
    for constraint in thing.constraints:
        if constraint.type in _TRACKING and constraint.use_active_clip and bpy.context.scene.active_clip is not None:
            yield bpy.context.scene.active_clip
