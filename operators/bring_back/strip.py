# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as a strip in the Video Sequencer; the strip grows while frames arrive.

A scene that has strips renders them instead of its 3D view, so a rendered scene never gets one: the strip goes to a
scene that is edited already, or to a new one beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Context, Scene

from .footage import MARK, Footage, remembered

SUFFIX = " Edit"
EDIT_OF = "farmhand_scene"
"""On a scene that we made: the scene whose frames it is for."""


def add(context: Context, footage: Footage, *, is_asked: bool) -> Any:
    """Put the footage on a free channel at its own frame numbers, or grow the strip that is there.

    is_asked: whether the artist asked for it, now and here.
    """
    for strip in marked(footage.submission_id):
        grow(strip, footage)
        return strip
    scene = edit_scene(context, footage, is_asked=is_asked)
    strips = _strips(scene)
    channel = 1 + max((strip.channel for strip in strips), default=0)
    folder = remembered(footage.folder).rstrip("/\\")
    names = footage.held()
    strip = strips.new_image(footage.name, f"{folder}/{names[0]}", channel, footage.first)
    strip[MARK] = footage.submission_id
    grow(strip, footage)
    scene.frame_start = min(scene.frame_start, footage.first)
    scene.frame_end = max(scene.frame_end, footage.last)
    return strip


def grow(strip: Any, footage: Footage) -> bool:
    """Give the strip the frames that came since.  Says whether any did."""
    names = footage.held()
    changed = False
    for element, name in zip(strip.elements, names, strict=False):
        if element.filename != name:
            element.filename = name
            changed = True
    for name in names[len(strip.elements) :]:
        strip.elements.append(name)
        changed = True
    if changed:
        # 5.2 has new names and warns of the old ones.
        is_renamed = hasattr(strip, "content_start")
        setattr(strip, "content_start" if is_renamed else "frame_start", footage.first)
        setattr(strip, "duration" if is_renamed else "frame_final_duration", len(names))
    return changed


def marked(submission_id: str) -> Iterator[Any]:
    """Strips of this submission in the open file."""
    return (strip for strip in all_marked() if strip[MARK] == submission_id)


def all_marked() -> Iterator[Any]:
    """Strips of any submission in the open file."""
    for scene in bpy.data.scenes:
        if scene.sequence_editor is not None:
            yield from (strip for strip in _strips(scene) if strip.get(MARK))


def edit_scene(context: Context, footage: Footage, *, is_asked: bool) -> Scene:
    """Where the strip goes: the scene that is edited now, else one beside the scene that was rendered.

    Frames that come by themselves leave a scene alone that was made for those of another.
    """
    shown = getattr(context, "sequencer_scene", None) or context.scene
    is_free = is_asked or shown.get(EDIT_OF, footage.scene) == footage.scene
    if is_free and shown.name != footage.scene and shown.sequence_editor is not None:
        return shown
    name = footage.scene + SUFFIX
    scene = bpy.data.scenes.get(name) or _new_scene(name, bpy.data.scenes.get(footage.scene) or context.scene)
    if hasattr(context.workspace, "sequencer_scene"):
        context.workspace.sequencer_scene = scene
    return scene


def _new_scene(name: str, like: Scene) -> Scene:
    scene = bpy.data.scenes.new(name)
    scene[EDIT_OF] = like.name
    for option in ("fps", "fps_base", "resolution_x", "resolution_y", "resolution_percentage"):
        setattr(scene.render, option, getattr(like.render, option))
    scene.frame_start, scene.frame_end = like.frame_start, like.frame_end
    # The frames carry the scene's view transform already.
    scene.view_settings.view_transform = "Standard"
    return scene


def _strips(scene: Scene) -> Any:
    editor = scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences
