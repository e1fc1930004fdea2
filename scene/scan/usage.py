# SPDX-License-Identifier: GPL-3.0-or-later
"""Which data-blocks a render of a scene uses: Blender's own map of users, walked from the scene.

Left out: brushes and palettes, what only other scenes use, what is hidden in renders, pictures that are for the
artist's eye alone (a camera's background, an empty's image, a paint canvas), and the compositor or the sequencer when
the render does not run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Scene

from . import compositors, strips, visibility
from .reference import words

__all__ = [
    "Run",
    "is_for_the_eye",
    "renders_sequencer",
    "used_by",
    "users_of_all",
    "walks",
    "words",
]

Used = dict[Any, Any]
"""Data-block → the one that pulled it in, or None for the scene itself."""

_NEVER = frozenset({"SCENE", "BRUSH", "PALETTE", "PAINTCURVE", "WORKSPACE", "SCREEN", "WINDOWMANAGER", "LIBRARY"})
_NOT_BY_SCENE = frozenset({"IMAGE", "MOVIECLIP", "MASK", "NODETREE", "TEXT", "SOUND", "FONT", "TEXTURE", "VECTORFONT"})
_ONLY_VISIBLE = frozenset({"OBJECT", "COLLECTION"})
_FOR_THE_EYE = {"CAMERA": frozenset({"IMAGE", "MOVIECLIP"}), "OBJECT": frozenset({"IMAGE"})}
_TRACKING = frozenset({"CAMERA_SOLVER", "FOLLOW_TRACK", "OBJECT_SOLVER"})

renders_sequencer = strips.are_rendered


@dataclass(frozen=True, slots=True)
class Run:
    """A scene that is rendered, for itself or for a strip.

    shown: its strips when it is rendered by its sequencer.  cameras: through which it is looked at.
    """

    scene: Any
    frames: strips.Frames
    shown: list[strips.Shown] | None
    cameras: list[Any]


def used_by(scene: Scene, camera: Any = None) -> Used:
    """All data-blocks that a render of any frame reads, the scene first, in a stable order.  camera: as for `walks`."""
    every: Used = {}
    for _, used in walks(scene, None, camera):
        for block, puller in used.items():
            every.setdefault(block, puller)
    return every


def walks(scene: Scene, frames: Iterable[int] | None, camera: Any = None) -> Iterator[tuple[Run, Used]]:
    """The scene and those that its scene strips show, each with what it uses.

    camera: the object through which the scene is looked at, or None for those that it names itself.
    """
    uses = _uses()
    for run in _runs(scene, None if frames is None else frozenset(frames), camera):
        yield run, _walk(run, uses)


def users_of_all() -> dict[Any, set[Any]]:
    """Blender's map of every data-block to its users."""
    users: dict[Any, set[Any]] = bpy.data.user_map()  # type: ignore[call-arg]
    return users


def is_for_the_eye(user: Any, block: Any) -> bool:
    """Whether the user shows it to the artist and not in renders.  An object's modifier may hand it to its nodes."""
    return block.id_type in _FOR_THE_EYE.get(user.id_type, ()) and not _is_handed_on(user, block)


def _is_handed_on(user: Any, block: Any) -> bool:
    return user.id_type == "OBJECT" and user.data != block and any(each.type == "NODES" for each in user.modifiers)


def _runs(scene: Scene, frames: strips.Frames, camera: Any) -> list[Run]:
    """Scene strips lead to other scenes, which may lead back; only their sequencers lead on."""
    looks = {scene: [camera]} if camera is not None else {}
    found: dict[tuple[Any, bool], strips.Frames] = {}
    waiting = [(scene, renders_sequencer(scene), frames)]
    while waiting:
        scene, is_edit, frames = waiting.pop()
        key = scene, is_edit
        if key in found and found[key] == (frames := strips.united(found[key], frames)):
            continue
        found[key] = frames
        for one in strips.shown(scene, frames) if is_edit else ():
            if one.strip.type == "SCENE" and one.strip.scene is not None:
                waiting.append((one.strip.scene, one.strip.scene_input == "SEQUENCER", strips.scene_frames(one)))
    return [
        Run(scene, each, strips.shown(scene, each) if is_edit else None, looks.get(scene) or visibility.cameras(scene))
        for (scene, is_edit), each in found.items()
    ]


def _walk(run: Run, uses: dict[Any, list[Any]]) -> Used:
    used: Used = {run.scene: None}
    waiting = [run.scene]
    while waiting:
        block = waiting.pop()
        for other in _pulled_by(block, run, uses):
            if other not in used:
                used[other] = block
                waiting.append(other)
    return used


def _uses() -> dict[Any, list[Any]]:
    """User → what it uses; Blender's map is the other way round."""
    uses: dict[Any, list[Any]] = {}
    for block, users in users_of_all().items():
        if block.id_type not in _NEVER:
            for user in users:
                uses.setdefault(user, []).append(block)
    return uses


def _pulled_by(block: Any, run: Run, uses: dict[Any, list[Any]]) -> Iterator[Any]:
    if block == run.scene and run.shown is not None:
        for one in run.shown:
            yield from _pulled_by_strip(one.strip)
    elif block.id_type == "SCENE":
        yield from run.cameras if block == run.scene else visibility.cameras(block)
        yield from _pulled_by_scene(block, uses)
    elif block.id_type == "COLLECTION":
        yield from visibility.members(block)
    else:
        yield from (other for other in uses.get(block, ()) if not is_for_the_eye(block, other))
    if block.id_type == "OBJECT":
        yield from _clips_of_constraints(block, run.scene)


def _pulled_by_scene(scene: Scene, uses: dict[Any, list[Any]]) -> Iterator[Any]:
    yield from visibility.members(scene)
    yield from (other for other in uses.get(scene, ()) if other.id_type not in _NOT_BY_SCENE | _ONLY_VISIBLE)
    yield from style_modules(scene)
    if scene.background_set is not None:
        yield scene.background_set
    for tree in compositors.of_render(scene):
        yield from _pulled_by_compositor(tree, scene)
    yield from compositors.handed_to_effects(scene)


def style_modules(scene: Scene) -> Iterator[Any]:
    """The texts that draw Freestyle's lines."""
    for layer in scene.view_layers if scene.render.use_freestyle else ():
        if layer.use_freestyle and layer.freestyle_settings.mode == "SCRIPT":
            modules = layer.freestyle_settings.modules
            yield from (module.script for module in modules if module.use and module.script is not None)


def _pulled_by_compositor(tree: Any, scene: Scene) -> Iterator[Any]:
    """A tree that is a data-block of its own brings what it uses; other scenes come with their render layers."""
    if not tree.is_embedded_data:
        yield tree
    for node in tree.nodes:
        for name in ("image", "clip", "mask", "node_tree", "texture", "scene"):
            other = getattr(node, name, None)
            if other is not None and other != scene and not node.mute:
                yield other
    yield from (other for other in compositors.scenes_in_groups(tree) if other != scene)


def _pulled_by_strip(strip: Any) -> Iterator[Any]:
    for name in ("clip", "mask", "sound", "font", "scene_camera", "node_group"):
        other = getattr(strip, name, None)
        if other is not None:
            yield other
    yield from compositors.handed(strip)
    for modifier in getattr(strip, "modifiers", ()):
        yield from compositors.handed(modifier)
        for name in ("input_mask_id", "node_group"):
            if getattr(modifier, name, None) is not None:
                yield getattr(modifier, name)


def _clips_of_constraints(thing: Any, scene: Scene) -> Iterator[Any]:
    """Constraints that follow the active clip of the scene name it nowhere."""
    for constraint in thing.constraints:
        if constraint.type in _TRACKING and constraint.use_active_clip and scene.active_clip is not None:
            yield scene.active_clip
