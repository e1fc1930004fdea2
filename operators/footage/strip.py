"""Frames as a strip in the Video Sequencer; the strip grows while frames arrive.

A scene with strips renders them instead of its 3D view, so a rendered scene never gets one: the strip is added to an
existing scene for editing, or to a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Context, Scene

from ...scene.scan.strips import strip_time
from ...ui.request.render_request import EDIT_OF, is_for_editing
from .footage import MARK, Footage, remembered

SUFFIX = " Edit"


def add(context: Context, footage: Footage, *, is_asked: bool) -> Any:
    """Put the footage on a free channel at its own frame numbers, or extend the existing strip.

    is_asked: whether the artist asked for it, now and here.
    """
    there = list(marked(footage.submission_id))
    for strip in there:
        grow(strip, footage)
    if there:
        return there[0]
    scene = edit_scene(context, footage, is_asked=is_asked)
    strips = strips_of(scene)
    channel = 1 + max((strip.channel for strip in strips), default=0)
    folder = remembered(footage.folder).rstrip("/\\")
    names = footage.held()
    strip = strips.new_image(footage.name, f"{folder}/{names[0]}", channel, footage.first)
    strip[MARK] = footage.submission_id
    grow(strip, footage)
    scene.frame_start = min(scene.frame_start, footage.first)
    scene.frame_end = max(scene.frame_end, footage.last)
    if is_for_editing(scene) and not footage.first <= scene.frame_current <= footage.last:
        scene.frame_current = footage.first  # else the preview is empty
    return strip


def grow(strip: Any, footage: Footage) -> bool:
    """Add new frames to the strip. Returns whether there were any.

    If the artist moved it, it stays there; an end that was trimmed or cut stays where it is.
    """
    names = footage.held()
    before = [element.filename for element in strip.elements]
    if before == names:
        return False
    for element, name in zip(strip.elements, names, strict=False):
        element.filename = name
    for name in names[len(before) :]:
        strip.elements.append(name)
    earlier = names.index(before[0]) if before[0] in names else 0
    _lengthen(strip, earlier, max(0, len(names) - len(before) - earlier))
    return True


def _lengthen(strip: Any, earlier: int, later: int) -> None:
    """Insert this many frames before and after the strip's old ones; Blender has added all of them after."""
    trimmed = [(name, strip_time.get(strip, name)) for name in ("left_handle_offset", "right_handle_offset")]
    strip_time.put(strip, "content_start", strip_time.get(strip, "content_start") - earlier)
    for (name, offset), more in zip(trimmed, (earlier, later), strict=True):
        if offset:
            strip_time.put(strip, name, offset + more if offset > 0 else min(0, offset + more))


def marked(submission_id: str) -> Iterator[Any]:
    """Strips of this submission in the open file."""
    return (strip for strip in all_marked() if strip[MARK] == submission_id)


def all_marked() -> Iterator[Any]:
    """Strips of any submission in the open file."""
    return (strip for strip in every_strip() if strip.get(MARK))


def every_strip() -> Iterator[Any]:
    """The strips of all scenes, including those in meta strips."""
    for scene in bpy.data.scenes:
        editor = scene.sequence_editor
        if editor is not None:
            yield from editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def edit_scene(context: Context, footage: Footage, *, is_asked: bool) -> Scene:
    """The scene for the strip: the one that is being edited, else one next to the rendered scene.

    Frames that are added automatically do not go to a scene that was made for another scene's frames.
    """
    shown = getattr(context, "sequencer_scene", None) or context.scene
    is_free = is_asked or shown.get(EDIT_OF, footage.scene) == footage.scene
    if is_free and shown.name != footage.scene and shown.sequence_editor is not None:
        return shown
    name = footage.scene + SUFFIX
    scene = bpy.data.scenes.get(name) or _new_scene(name, bpy.data.scenes.get(footage.scene) or context.scene)
    workspace = context.workspace
    if hasattr(workspace, "sequencer_scene") and (is_asked or workspace.sequencer_scene is None):
        workspace.sequencer_scene = scene
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


def strips_of(scene: Scene) -> Any:
    """The scene's strips, in any Blender version."""
    editor = scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences
