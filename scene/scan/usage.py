"""Which data-blocks a render of a scene uses: Blender's own map of users, walked from the scene.

Left out: brushes and palettes, what only other scenes use, what is hidden in renders, pictures that only the artist
sees (a camera's background, an empty's image, a paint canvas), and the compositor or the sequencer if the render does
not run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Scene

from . import compositors, visibility
from .animated.animation import Animation
from .reference import words
from .strips import strips

__all__ = [
    "Run",
    "is_for_the_eye",
    "renders_nothing_else",
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
renders_nothing_else = strips.are_rendered_at_all_times


@dataclass(frozen=True, slots=True)
class Run:
    """A scene that is rendered, for itself or for a strip.

    shown: its strips, if its sequencer renders it. cameras: those that render it.
    """

    scene: Any
    frames: strips.Frames
    shown: list[strips.Shown] | None
    cameras: list[Any]


def used_by(scene: Scene, camera: Any, animation: Animation) -> Used:
    """All data-blocks that a render of any frame reads, the scene first, in a stable order.

    Args:
        camera: as for `walks`.
        animation: knows what is on at any frame.
    """
    every: Used = {}
    for _, used in walks(scene, None, camera, animation):
        for block, puller in used.items():
            every.setdefault(block, puller)
    return every


def walks(scene: Scene, frames: Iterable[int] | None, camera: Any, animation: Animation) -> Iterator[tuple[Run, Used]]:
    """The scene and those that its scene strips show, each with what it uses.

    Args:
        frames: the numbers to render; None for any.
        camera: the one that renders the scene, or None for the scene's own cameras.
        animation: knows what is on at these frames.
    """
    users = users_of_all()
    uses = _uses(users)
    for run in _runs(scene, None if frames is None else frozenset(frames), camera, animation):
        yield run, _Walk(run, users, uses, animation).used()


def users_of_all() -> dict[Any, set[Any]]:
    """Blender's map of every data-block to its users."""
    users: dict[Any, set[Any]] = bpy.data.user_map()  # type: ignore[call-arg]
    return users


def is_for_the_eye(user: Any, block: Any) -> bool:
    """Whether the user shows it only to the artist, not in renders. An object's modifier may pass it to its nodes."""
    return block.id_type in _FOR_THE_EYE.get(user.id_type, ()) and not _is_handed_on(user, block)


def _is_handed_on(user: Any, block: Any) -> bool:
    return user.id_type == "OBJECT" and user.data != block and any(each.type == "NODES" for each in user.modifiers)


def _runs(scene: Scene, frames: strips.Frames, camera: Any, animation: Animation) -> list[Run]:
    """Scene strips lead to other scenes, which may lead back; only their sequencers lead on."""
    looks = {scene: [camera]} if camera is not None else {}
    found: dict[tuple[Any, bool], strips.Frames] = {}
    waiting = [(scene, is_edit, frames) for is_edit in _ways(scene, animation)]
    while waiting:
        scene, is_edit, frames = waiting.pop()
        key = scene, is_edit
        if key in found and found[key] == (frames := strips.united(found[key], frames)):
            continue
        found[key] = frames
        for one in strips.shown(scene, frames, animation) if is_edit else ():
            if one.strip.type == "SCENE" and one.strip.scene is not None:
                inputs = [kind for kind in ("CAMERA", "SEQUENCER") if animation.may_be(one.strip, "scene_input", kind)]
                for by_edit in (kind == "SEQUENCER" for kind in inputs):
                    waiting.append((one.strip.scene, by_edit, strips.scene_frames(one, by_edit)))
    return [
        Run(
            scene,
            each,
            strips.shown(scene, each, animation) if is_edit else None,
            looks.get(scene) or visibility.cameras(scene),
        )
        for (scene, is_edit), each in found.items()
    ]


def _ways(scene: Scene, animation: Animation) -> list[bool]:
    """Whether its sequencer renders it: both values if all strips may be muted at some frames."""
    if not renders_sequencer(scene, animation):
        return [False]
    return [True] if renders_nothing_else(scene, animation) else [True, False]


def _uses(users: dict[Any, set[Any]]) -> dict[Any, list[Any]]:
    """User → what it uses; Blender's map is the other way round."""
    uses: dict[Any, list[Any]] = {}
    for block, readers in users.items():
        if block.id_type not in _NEVER:
            for user in readers:
                uses.setdefault(user, []).append(block)
    return uses


class _Walk:
    """From one run's scene to all that it uses."""

    def __init__(self, run: Run, users: dict[Any, set[Any]], uses: dict[Any, list[Any]], animation: Animation) -> None:
        self._run = run
        self._users = users
        self._uses = uses
        self._animation = animation
        self._read: set[Any] = set()

    def used(self) -> Used:
        """Each data-block with the one that pulled it in.

        A collection that something reads brings hidden objects too, even if it was visited before as a shown one.
        """
        used: Used = {self._run.scene: None}
        waiting = [self._run.scene]
        while waiting:
            block = waiting.pop()
            for other in self._pulled_by(block):
                is_read = other.id_type == "COLLECTION" and other not in self._read and self._hands_all(block)
                if is_read:
                    self._read.add(other)
                if other not in used:
                    used[other] = block
                    waiting.append(other)
                elif is_read:
                    waiting.append(other)
        return used

    def _hands_all(self, user: Any) -> bool:
        """Whether the user of a collection also gets what is hidden in it: all except the scene that shows it."""
        return user.id_type != "SCENE" and (user.id_type != "COLLECTION" or user in self._read)

    def _pulled_by(self, block: Any) -> Iterator[Any]:
        if block == self._run.scene and self._run.shown is not None:
            for one in self._run.shown:
                yield from self._pulled_by_strip(one.strip)
        elif block.id_type == "SCENE":
            yield from self._run.cameras if block == self._run.scene else visibility.cameras(block)
            yield from self._pulled_by_scene(block)
        elif block.id_type == "COLLECTION":
            is_read = block in self._read
            yield from visibility.all_members(block) if is_read else visibility.members(block, self._animation)
        else:
            yield from (other for other in self._uses.get(block, ()) if not is_for_the_eye(block, other))
        if block.id_type == "OBJECT":
            yield from self._clips_of_constraints(block)

    def _pulled_by_scene(self, scene: Scene) -> Iterator[Any]:
        yield from visibility.members(scene, self._animation)
        unseen = _NOT_BY_SCENE | _ONLY_VISIBLE
        yield from (other for other in self._uses.get(scene, ()) if other.id_type not in unseen)
        yield from style_modules(scene, self._animation)
        yield from _pulled_by_rigid_bodies(scene)
        if scene.background_set is not None:
            yield scene.background_set
        for tree in compositors.of_render(scene, self._animation):
            yield from _pulled_by_compositor(tree, scene)
        yield from compositors.handed_to_effects(scene, self._animation)

    def _pulled_by_strip(self, strip: Any) -> Iterator[Any]:
        yield from strips.clips_of(strip, self._users)
        for name in ("mask", "sound", "font", "scene_camera", "node_group"):
            other = getattr(strip, name, None)
            if other is not None:
                yield other
        yield from compositors.handed(strip)
        for modifier in getattr(strip, "modifiers", ()):
            yield from compositors.handed(modifier)
            for name in ("input_mask_id", "node_group"):
                if getattr(modifier, name, None) is not None:
                    yield getattr(modifier, name)

    def _clips_of_constraints(self, thing: Any) -> Iterator[Any]:
        """Clips of constraints that follow the scene's active clip, which they do not reference."""
        active = self._run.scene.active_clip
        for constraint in thing.constraints if active is not None else ():
            if constraint.type in _TRACKING and self._animation.is_on(constraint, "use_active_clip"):
                yield active


def style_modules(scene: Scene, animation: Animation) -> Iterator[Any]:
    """The texts that draw Freestyle's lines."""
    for layer in scene.view_layers if scene.render.use_freestyle else ():
        settings = layer.freestyle_settings
        if animation.is_on(layer, "use_freestyle") and animation.may_be(settings, "mode", "SCRIPT"):
            modules = [module for module in settings.modules if animation.is_on(module, "use")]
            yield from (module.script for module in modules if module.script is not None)


def _pulled_by_rigid_bodies(scene: Scene) -> Iterator[Any]:
    """All objects in the rigid body simulation, because they affect each other, hidden or not."""
    world = scene.rigidbody_world
    for collection in (world.collection, world.constraints) if world is not None else ():
        yield from collection.all_objects if collection is not None else ()


def _pulled_by_compositor(tree: Any, scene: Scene) -> Iterator[Any]:
    """The compositor's trees, unless embedded, with what they use, and scenes that render layers name."""
    if not tree.is_embedded_data:
        yield tree
    for node in tree.nodes:
        for name in ("image", "clip", "mask", "node_tree", "texture", "scene"):
            other = getattr(node, name, None)
            if other is not None and other != scene and not node.mute:
                yield other
    yield from (other for other in compositors.scenes_in_groups(tree) if other != scene)
