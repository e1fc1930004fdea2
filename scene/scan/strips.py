# SPDX-License-Identifier: GPL-3.0-or-later
"""Which strips of a sequencer are shown, and at which frames.  Muting is judged as Blender judges it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Scene

from .strip_time import get

Frames = frozenset[int] | None
"""Frame numbers, or None: any."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A strip that is shown.  frames: of the timeline; None when its picture there cannot be told by counting."""

    strip: Any
    frames: Frames


def are_rendered(scene: Scene) -> bool:
    """Whether frames come from the sequencer."""
    editor = scene.sequence_editor
    if editor is None or not scene.render.use_sequencer:
        return False
    # Up to 4.3 a sequencer whose strips are all muted renders black (tried); 4.5 renders the camera.
    counts_muted = bpy.app.version < (4, 4, 0)
    return any(strip.type != "SOUND" and (counts_muted or not _is_muted(strip, editor)) for strip in _inside(editor))


def shown(scene: Scene, frames: Frames = None) -> list[Shown]:
    """The strips that these frames show, inside metas and as inputs of effects too."""
    found: dict[str, Shown] = {}
    if scene.sequence_editor is not None:
        _collect(found, scene.sequence_editor, frames)
    return list(found.values())


def every(scene: Scene) -> list[Shown]:
    """All strips, muted or not."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return [
        Shown(strip, None) for strip in (editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)
    ]


def scene_frames(one: Shown) -> frozenset[int]:
    """The frames of its own scene that a scene strip shows: its first picture is that scene's first frame."""
    strip = one.strip
    first = strip.scene.frame_start + int(get(strip, "content_trim_start"))
    return frozenset(first + place for place in places(one))


def places(one: Shown) -> set[int]:
    """Which pictures of its content a strip shows, counted from 0 after what was cut off at the start."""
    strip = one.strip
    last = max(int(get(strip, "content_duration")) - 1, 0)
    if one.frames is None:
        return set(range(last + 1))
    start = int(get(strip, "content_start"))
    passed = {last - (frame - start) if strip.use_reverse_frames else frame - start for frame in one.frames}
    return {min(max(place, 0), last) for place in passed}


def united(one: Frames, other: Frames) -> Frames:
    """Frames of either."""
    return None if one is None or other is None else one | other


def _collect(found: dict[str, Shown], owner: Any, frames: Frames) -> None:
    for strip in _inside(owner):
        if not _is_muted(strip, owner):
            _show(found, strip, frames if frames is None else _within(strip, frames))


def _show(found: dict[str, Shown], strip: Any, frames: Frames) -> None:
    """The strip and what it takes from others, which Blender reads even when they are muted."""
    if frames is not None and not frames:
        return
    frames = None if _is_bent(strip) else frames
    before = found[strip.name].frames if strip.name in found else frozenset()
    found[strip.name] = Shown(strip, united(before, frames))
    if strip.type == "META":
        _collect(found, strip, frames)
    for other in _inputs(strip):
        _show(found, other, None if strip.type == "SPEED" else frames)


def _inputs(strip: Any) -> Iterator[Any]:
    named = [getattr(strip, "input_1", None), getattr(strip, "input_2", None)]
    named += [getattr(modifier, "input_mask_strip", None) for modifier in getattr(strip, "modifiers", ())]
    yield from (other for other in named if other is not None)


def _is_bent(strip: Any) -> bool:
    """Whether its time runs at another speed than the timeline's.  4.2 has retiming, and does not tell of its keys."""
    if strip.type not in ("IMAGE", "MOVIE", "SCENE", "META"):
        return False
    length = get(strip, "duration") + get(strip, "left_handle_offset") + get(strip, "right_handle_offset")
    has_keys = bool(getattr(strip, "retiming_keys", None))
    return has_keys or strip.strobe > 1 or round(length) != get(strip, "content_duration")


def _within(strip: Any, frames: frozenset[int]) -> frozenset[int]:
    first, end = get(strip, "left_handle"), get(strip, "right_handle")
    return frozenset(frame for frame in frames if first <= frame < end)


def _is_muted(strip: Any, owner: Any) -> bool:
    return bool(strip.mute or owner.channels[strip.channel].mute)


def _inside(owner: Any) -> Any:
    """The strips right in an editor or a meta strip.  4.4 calls them strips."""
    return owner.strips if hasattr(owner, "strips") else owner.sequences
