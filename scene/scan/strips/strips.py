"""Which strips of a sequencer are shown, and at which frames. Muting works as in Blender."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Scene

from ....client.message import msg
from ..animated.animation import Animation
from .strip_time import get, known_name

Frames = frozenset[int] | None
"""Frame numbers, or None: any."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A strip that is shown. frames: of the timeline; None if its pictures cannot be determined by counting.

    why: the reason for that.
    """

    strip: Any
    frames: Frames
    why: str = ""


RETIMED = msg("the strip is retimed")
ANIMATED = msg("the timing of the strip is animated")


def are_rendered(scene: Scene, animation: Animation) -> bool:
    """Whether frames come from the sequencer, or may at some time."""
    editor = scene.sequence_editor
    if editor is None or not scene.render.use_sequencer:
        return False
    # Up to 4.3, a sequencer whose strips are all muted renders black (tried); 4.5 renders the camera.
    counts_muted = bpy.app.version < (4, 4, 0)
    return any(
        strip.type != "SOUND" and (counts_muted or _may_play(strip, editor, animation)) for strip in _inside(editor)
    )


def are_rendered_at_all_times(scene: Scene, animation: Animation) -> bool:
    """Whether no frame comes from the camera: some strip is never muted, as far as is known."""
    editor = scene.sequence_editor
    if not are_rendered(scene, animation):
        return False
    if bpy.app.version < (4, 4, 0):
        return True
    return any(
        strip.type != "SOUND"
        and not animation.is_on(strip, "mute")
        and not animation.is_on(editor.channels[strip.channel], "mute")
        for strip in _inside(editor)
    )


def shown(scene: Scene, frames: Frames, animation: Animation) -> list[Shown]:
    """The strips that these frames show, inside metas and as inputs of effects too.

    Args:
        scene: the one with the sequencer; without one, there are no strips.
        frames: the numbers to render, in the time of this scene; None for any.
        animation: knows when strips are muted.
    """
    found: dict[str, Shown] = {}
    if scene.sequence_editor is not None:
        _Collector(found, animation).collect(scene.sequence_editor, frames, "")
    return list(found.values())


def every(scene: Scene) -> list[Shown]:
    """All strips, muted or not."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return [
        Shown(strip, None) for strip in (editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)
    ]


def clips_of(strip: Any, users: Mapping[Any, Collection[Any]]) -> list[Any]:
    """The movie clip of a strip. 4.2 does not expose it: there, all clips of the scene that have the same length.

    users: Blender's map of every data-block to its users.
    """
    if strip.type != "MOVIECLIP":
        return []
    if hasattr(strip, "clip"):
        return [strip.clip] if strip.clip is not None else []
    found = [clip for clip in bpy.data.movieclips if strip.id_data in users.get(clip, ())]
    return [clip for clip in found if clip.frame_duration == int(get(strip, "content_duration"))] or found


def scene_frames(one: Shown, is_edit: bool) -> frozenset[int]:
    """The frames of its scene that a scene strip shows: its first picture is that scene's first frame.

    is_edit: that scene is shown by its sequencer, where the part cut off at the start is not counted (tried).
    """
    cut = int(get(one.strip, "content_trim_start")) if is_edit and one.frames is not None else 0
    return frozenset(one.strip.scene.frame_start + place - cut for place in pictures(one))


def pictures(one: Shown) -> set[int]:
    """Which pictures of its content a strip shows, counted from 0 including the part cut off at the start."""
    if one.frames is None:
        return set(range(_length(one.strip)))
    trimmed = int(get(one.strip, "content_trim_start"))
    return {trimmed + place for place in _places(one.strip, one.frames)}


def _places(strip: Any, frames: frozenset[int]) -> set[int]:
    """The content positions that these frames show: reversed if so set, and the first or last one where it is held."""
    last = max(int(get(strip, "content_duration")) - 1, 0)
    start = int(get(strip, "content_start"))
    passed = {last - (frame - start) if strip.use_reverse_frames else frame - start for frame in frames}
    return {min(max(place, 0), last) for place in passed}


def _length(strip: Any) -> int:
    """How many pictures there are in all. Since 5.0, the strip's own length is the retimed one."""
    if strip.type == "SCENE":
        return int(strip.scene.frame_end - strip.scene.frame_start + 1)
    if strip.type == "MOVIECLIP":
        clips = [strip.clip] if getattr(strip, "clip", None) is not None else bpy.data.movieclips
        return max(clip.frame_duration for clip in clips)
    return int(get(strip, "content_duration"))


def united(one: Frames, other: Frames) -> Frames:
    """Frames of either."""
    return None if one is None or other is None else one | other


class _Collector:
    """Gathers the strips that some frames show. found: by name."""

    def __init__(self, found: dict[str, Shown], animation: Animation) -> None:
        self._found = found
        self._animation = animation

    def collect(self, owner: Any, frames: Frames, why: str) -> None:
        """Add all strips of an editor or a meta strip."""
        for strip in _inside(owner):
            if _may_play(strip, owner, self._animation):
                self._show(strip, frames if frames is None else self._within(strip, frames), why)

    def _show(self, strip: Any, frames: Frames, why: str) -> None:
        """Add the strip and its inputs, which Blender reads even if they are muted."""
        if frames is not None and not frames:
            return
        if frames is not None and (why := self._why_uncounted(strip)):
            frames = None
        before = self._found.get(strip.name, Shown(strip, frozenset()))
        self._found[strip.name] = Shown(strip, united(before.frames, frames), before.why or why)
        if strip.type == "META":
            start = int(get(strip, "content_start"))
            inner = None if frames is None else frozenset(start + place for place in _places(strip, frames))
            self.collect(strip, inner, why)
        for other in _inputs(strip):
            self._show(other, *((None, RETIMED) if strip.type == "SPEED" else (frames, why)))

    def _within(self, strip: Any, frames: frozenset[int]) -> frozenset[int]:
        if any(self._animation.touches(strip, known_name(strip, name)) for name in _HANDLES):
            return frames
        first, end = get(strip, "left_handle"), get(strip, "right_handle")
        return frozenset(frame for frame in frames if first <= frame < end)

    def _why_uncounted(self, strip: Any) -> str:
        """Why its pictures cannot be counted by the frames of the timeline, or ""."""
        names = (*(known_name(strip, name) for name in _HANDLES), "strobe", "use_reverse_frames")
        if any(self._animation.touches(strip, name) for name in names if hasattr(strip, name)):
            return ANIMATED
        # Blender itself gives the pictures of an image strip, whatever its speed.
        return RETIMED if strip.type != "IMAGE" and _is_retimed(strip) else ""


_HANDLES = ("left_handle_offset", "right_handle_offset")


def _inputs(strip: Any) -> Iterator[Any]:
    named = [getattr(strip, "input_1", None), getattr(strip, "input_2", None)]
    named += [getattr(modifier, "input_mask_strip", None) for modifier in getattr(strip, "modifiers", ())]
    yield from (other for other in named if other is not None)


def _is_retimed(strip: Any) -> bool:
    """Whether its speed differs from the timeline's. 4.2 has retiming, but does not expose its keys."""
    if strip.type not in ("MOVIE", "SCENE", "META", "MOVIECLIP", "MASK"):
        return False
    if not _is_as_long_as_its_content(strip):
        return True
    length = get(strip, "duration") + get(strip, "left_handle_offset") + get(strip, "right_handle_offset")
    has_keys = bool(getattr(strip, "retiming_keys", None))
    return has_keys or strip.strobe > 1 or round(length) != get(strip, "content_duration")


def _is_as_long_as_its_content(strip: Any) -> bool:
    """Whether a strip has all frames of its clip or scene, except for those cut off.

    5.0 does not expose the retiming keys of a clip's strip, 4.3 those of any strip. Up to 4.3 the clip is unknown
    too, but the length of the strip shows it.
    """
    clip, scene = getattr(strip, "clip", None), getattr(strip, "scene", None)
    parts = int(sum(get(strip, name) for name in ("content_trim_start", "content_duration", "content_trim_end")))
    if strip.type == "MOVIECLIP" and clip is not None:
        return parts == clip.frame_duration
    if strip.type == "SCENE" and scene is not None and bpy.app.version < (4, 5, 0):
        return parts == scene.frame_end - scene.frame_start + 1
    return True


def _may_play(strip: Any, owner: Any, animation: Animation) -> bool:
    return animation.is_off(strip, "mute") and animation.is_off(owner.channels[strip.channel], "mute")


def _inside(owner: Any) -> Any:
    """The strips directly in an editor or a meta strip. Since 4.4 the property is called strips."""
    return owner.strips if hasattr(owner, "strips") else owner.sequences
