# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames of image sequences are shown by whom: the arithmetic of Blender's image users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from . import nodes


class FrameUsers:
    """Answers for the frames of one render.  frames: scene frames that are rendered."""

    def __init__(self, blocks: Iterable[Any], frames: tuple[int, ...]) -> None:
        self.frames = frames
        self.motion_blur = False
        self._users: dict[Any, list[tuple[Any, bool]]] = {}
        for block in blocks:
            if block.id_type == "SCENE":
                self.motion_blur = self.motion_blur or block.render.use_motion_blur
            for image, user in _image_users(block):
                self._users.setdefault(image, []).append((user, _may_be_animated(block)))

    def numbers(self, image: Any) -> set[int] | None:
        """File numbers that the image shows; None when that cannot be told, because the numbers are animated."""
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


def _image_users(block: Any) -> Iterator[tuple[Any, Any]]:
    if block.id_type == "TEXTURE" and getattr(block, "image", None) is not None:
        yield block.image, block.image_user
    for tree in nodes.trees(block):
        for node in tree.nodes:
            image = getattr(node, "image", None)
            if image is not None:
                # The compositor's image node is its own image user.
                yield image, getattr(node, "image_user", None) or node


def _shown(user: Any, frame: int) -> int | None:
    """BKE_image_user_frame_get in Python: the number in the file's name."""
    length = user.frame_duration
    if not length:
        return None
    position = frame - user.frame_start + 1
    if user.use_cyclic:
        position = (position - 1) % length + 1
    return int(min(max(position, 1), length) + user.frame_offset)


def _may_be_animated(block: Any) -> bool:
    """Whether a driver or an action touches an image user of the data-block."""
    return any(
        "frame_" in path
        for owner in (block, getattr(block, "node_tree", None))
        if owner is not None
        for path in _animated_paths(getattr(owner, "animation_data", None))
    )


def _animated_paths(animation: Any) -> Iterator[str]:
    if animation is None:
        return
    for driver in animation.drivers:
        yield driver.data_path
    action = animation.action
    if action is None:
        return
    # 5.0 keeps curves in layers alone.
    for curve in action.fcurves if hasattr(action, "fcurves") else ():
        yield curve.data_path
    for layer in getattr(action, "layers", ()):
        for strip in layer.strips:
            for bag in getattr(strip, "channelbags", ()):
                for curve in bag.fcurves:
                    yield curve.data_path
