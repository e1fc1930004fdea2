# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of image sequences are shown by whom: the arithmetic of Blender's image users."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from . import animation, nodes, strips, usage


class FrameUsers:
    """Answers for the frames of one render.

    frames: scene frames that are rendered.  shown: the strips that they show, or None when any may be asked for.
    suffixes: of the names of the views that the first scene renders.
    """

    def __init__(self, blocks: Iterable[Any], frames: Iterable[int], shown: list[strips.Shown] | None = None) -> None:
        self.frames = tuple(frames)
        self.motion_blur = False
        self.suffixes: list[str] = []
        self._shown = shown
        self._blocks = list(blocks)
        self._users: dict[Any, list[tuple[Any, bool]]] = {}
        self._have_users: set[tuple[Any, Any]] = set()
        for block in self._blocks:
            if block.id_type == "SCENE":
                self.motion_blur = self.motion_blur or block.render.use_motion_blur
                self.suffixes = self.suffixes or [view.file_suffix for view in block.render.views if view.use]
            for image, user in _image_users(block):
                self._users.setdefault(image, []).append((user, _may_be_animated(block)))
                self._have_users.add((image, block))

    def numbers(self, image: Any) -> set[int] | None:
        """File numbers that the image shows; None when that cannot be told: animated, or computed by nodes."""
        if self._is_read_otherwise(image):
            return None
        wanted: set[int] = set()
        for user, is_animated in self._users.get(image, ()):
            if is_animated:
                return None
            wanted.update(number for frame in self.frames if (number := _shown(user, frame)) is not None)
        return wanted

    def scene_frames(self, margin: int = 0) -> set[int]:
        """The scene frames themselves, with their neighbors for motion blur."""
        margin = max(margin, 1 if self.motion_blur else 0)
        return {frame + step for frame in self.frames for step in range(-margin, margin + 1)}

    def strips_of(self, scene: Any) -> list[strips.Shown]:
        """The scene's strips that are shown."""
        if self._shown is None:
            return strips.every(scene)
        return [one for one in self._shown if one.strip.id_data == scene]

    def _is_read_otherwise(self, image: Any) -> bool:
        """By something that has no image user: geometry nodes are handed a frame number."""
        return any(
            block in self._everyone.get(image, ()) and (image, block) not in self._have_users
            for block in self._blocks
            if block.id_type in ("NODETREE", "OBJECT") and not usage.is_for_the_eye(block, image)
        )

    @functools.cached_property
    def _everyone(self) -> dict[Any, set[Any]]:
        return usage.users_of_all()


def _image_users(block: Any) -> Iterator[tuple[Any, Any]]:
    if block.id_type == "TEXTURE" and getattr(block, "image", None) is not None:
        yield block.image, block.image_user
    for tree in nodes.trees(block):
        for node in tree.nodes:
            # The compositor's image node is its own image user.
            user = getattr(node, "image_user", None) or node
            if getattr(node, "image", None) is not None and hasattr(user, "frame_duration"):
                yield node.image, user


def _shown(user: Any, frame: int) -> int | None:
    """BKE_image_user_frame_get in Python: the number in the file's name."""
    length = user.frame_duration
    if not length:
        return None
    position = frame - user.frame_start + 1
    if user.use_cyclic:
        position = (position - 1) % length + 1
    return int(min(max(position, 0), length) + user.frame_offset)


def _may_be_animated(block: Any) -> bool:
    """Whether a driver or an action touches an image user of the data-block."""
    return any("frame_" in path for path in animation.paths(block))
