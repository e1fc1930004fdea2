"""Which files of sequences are shown: the arithmetic of Blender's image users, over time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ...client.message import msg
from . import nodes, usage
from .animated import times
from .animated.animation import Animation, Unknown
from .strips import strips

ANIMATED = msg("its animation could not be computed in advance")
BY_NODES = msg("nodes choose the file")
_COUNTS = ("frame_duration", "frame_start", "frame_offset", "use_cyclic")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of files. known: those that are read, or None for all existing ones. why: the reason for all."""

    known: frozenset[int] | None
    why: str = ""


class _Uncounted(Unknown):
    """The pictures of a strip cannot be counted; says why."""


class FrameUsers:
    """Answers for the frames of one render.

    frames: scene frames that are rendered. shown: the strips that they show, or None if any may be.
    engine: the one that renders them, or "" for the scene's own. suffixes: of the views that the first scene
    renders.
    """

    def __init__(
        self,
        blocks: Iterable[Any],
        frames: Iterable[int],
        shown: list[strips.Shown] | None = None,
        animation: Animation | None = None,
        engine: str = "",
    ) -> None:
        self.frames = tuple(frames)
        self.animation = animation or Animation()
        self.suffixes: list[str] = []
        self._shown = shown
        self._blocks = list(blocks)
        self._is_used = set(self._blocks)
        self._scenes = [block for block in self._blocks if block.id_type == "SCENE"]
        self._engines = {engine} if engine else {scene.render.engine for scene in self._scenes}
        self._users: dict[Any, list[tuple[Any, Any]]] = {}
        for scene in self._scenes:
            self.suffixes = self.suffixes or [view.file_suffix for view in scene.render.views if view.use]
        for block in self._blocks:
            for image, user in _image_users(block, self.animation):
                self._users.setdefault(image, []).append((block, user))

    def numbers(self, image: Any) -> Numbers:
        """File numbers that the image shows."""
        if self._is_read_otherwise(image):
            return Numbers(None, BY_NODES)
        return self.known(lambda: self._numbers(image))

    def over_time(self, number: Callable[[float], int | None]) -> Numbers:
        """The numbers that a cache reads, for each moment when the scene is evaluated. number: may raise Unknown."""
        return self.known(lambda: map(number, self.times.moments))

    def known(self, find: Callable[[], Iterable[int | None]]) -> Numbers:
        """The numbers, or all if one of them is Unknown."""
        try:
            return Numbers(frozenset(number for number in find() if number is not None))
        except _Uncounted as reason:
            return Numbers(None, str(reason))
        except Unknown:
            return Numbers(None, ANIMATED)

    @functools.cached_property
    def times(self) -> times.Times:
        """When the scenes are evaluated. Raises Unknown."""
        return times.find_times(self._scenes, self.frames, self.animation)

    def strips_of(self, scene: Any) -> list[strips.Shown]:
        """The scene's strips that are shown."""
        if self._shown is None:
            return strips.every(scene)
        return [one for one in self._shown if one.strip.id_data == scene]

    def pictures_in_strips(self, clip: Any) -> set[int]:
        """Which pictures of a movie clip its strips show, counted from its first one. Raises Unknown."""
        shown = [one for one in self._shown or () if clip in strips.clips_of(one.strip, self._everyone)]
        if any(one.frames is None for one in shown):
            raise _Uncounted(next(one.why for one in shown if one.frames is None))
        return {place for one in shown for place in strips.pictures(one)}

    def frames_of(self, clip: Any) -> Iterator[tuple[float, float]]:
        """The frames at which other users read a movie clip, each with the time of its animation.

        The compositor uses the timeline; what moves objects uses the time of the scene.
        """
        readers = [block for block in self._blocks if block in self._everyone.get(clip, ())]
        if any(block.id_type == "OBJECT" for block in readers):
            yield from ((moment, moment) for moment in self.times.moments)
        # Of a scene that is rendered by its sequencer, only the strips are read.
        if any(block.id_type != "OBJECT" and not (block.id_type == "SCENE" and self._shown) for block in readers):
            yield from zip(self.times.frames, self.times.centers, strict=True)

    def _numbers(self, image: Any) -> Iterator[int | None]:
        for block, user in self._users.get(image, ()):
            is_still = not any(self.animation.touches(user, name) for name in _COUNTS)
            settings = self._settings(user, 0.0) if is_still else None
            for frame, moment in self._read_at(block, user):
                yield _file(*(settings or self._settings(user, moment)), int(frame))

    def _read_at(self, block: Any, user: Any) -> Iterator[tuple[float, float]]:
        """The frames that an image user counts by, each with the time of its animation.

        The compositor and the shaders of Cycles use the timeline, even with Time Stretching; modifiers and other
        engines use the time of the scene.
        """
        is_composited, is_of_modifiers = hasattr(user, "inputs"), block.id_type == "TEXTURE"
        if not is_of_modifiers:
            yield from zip(self.times.frames, self.times.centers, strict=True)
        if is_of_modifiers or (not is_composited and self._engines != {"CYCLES"}):
            yield from ((moment, moment) for moment in self.times.moments)

    def _settings(self, user: Any, moment: float) -> tuple[int, int, bool, int]:
        """The settings that an image user counts by at a time."""
        length, start, offset = (self.animation.at(user, name, moment) for name in _COUNTS[:3])
        return length, start, bool(self.animation.at(user, "use_cyclic", moment)), offset

    def _is_read_otherwise(self, image: Any) -> bool:
        """Whether something without an image user reads it: geometry nodes get a frame number."""
        have_users = {block for block, _ in self._users.get(image, ())}
        return any(
            block in self._is_used and block not in have_users and not usage.is_for_the_eye(block, image)
            for block in self._everyone.get(image, ())
            if block.id_type in ("NODETREE", "OBJECT")
        )

    @functools.cached_property
    def _everyone(self) -> dict[Any, set[Any]]:
        return usage.users_of_all()


def _file(length: int, start: int, is_cyclic: bool, offset: int, frame: int) -> int | None:
    """BKE_image_user_frame_get in Python: the number in the file's name."""
    if not length:
        return None
    position = frame - start + 1
    if is_cyclic:
        position = (position - 1) % length + 1
    return min(max(position, 0), length) + offset


def _image_users(block: Any, animation: Animation) -> Iterator[tuple[Any, Any]]:
    if block.id_type == "TEXTURE" and getattr(block, "image", None) is not None:
        yield block.image, block.image_user
    for tree in nodes.trees(block, animation):
        for node in tree.nodes:
            # The compositor's image node is its own image user.
            user = getattr(node, "image_user", None) or node
            if getattr(node, "image", None) is not None and hasattr(user, "frame_duration"):
                yield node.image, user
