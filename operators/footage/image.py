"""Frames as an Image datablock, and everything in the file that shows it.

Only images that we have marked are changed: one that the artist loaded from the same file stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.types import Image

from ...scene.scan import compositors
from .footage import COUNT, MARK, Footage, remembered


def image_of(footage: Footage) -> Image:
    """The footage as an image; on further calls the same one, updated."""
    picture = next((one for one in all_marked() if one[MARK] == footage.submission_id), None)
    if picture is None:
        picture = bpy.data.images.load(remembered(footage.files[footage.first]), check_existing=False)
        picture.name = footage.name
        picture[MARK] = footage.submission_id
    if picture.get(COUNT, 0) < footage.done:
        grow(picture, footage)
    return picture


def all_marked() -> Iterator[Image]:
    """Images of any submission that belong to the open file."""
    return (one for one in bpy.data.images if one.is_editable and MARK in one.keys())  # noqa: SIM118


def grow(picture: Image, footage: Footage) -> None:
    """Add new frames to the image and to everything that shows it."""
    if footage.is_sequence and picture.source != "SEQUENCE":
        picture.source = "SEQUENCE"
    for user in _users(picture):
        # Otherwise, the artist moved the frames in time.
        if user.frame_offset == user.frame_start - 1:
            set_range(user, footage)
    picture[COUNT] = footage.done


def set_range(user: Any, footage: Footage) -> None:
    """Let an ImageUser, or a node that has the same properties, show frame N of the footage at frame N."""
    user.frame_start = footage.first
    user.frame_offset = footage.first - 1
    user.frame_duration = footage.last - footage.first + 1
    user.use_auto_refresh = True


def _users(picture: Image) -> Iterator[Any]:
    for tree in _trees():
        yield from (node for node in tree.nodes if node.type == "IMAGE" and node.image == picture)
    for camera in bpy.data.cameras:
        yield from (one.image_user for one in camera.background_images if one.image == picture)
    for screen in bpy.data.screens:
        for area in screen.areas:
            for space in area.spaces:
                if space.type == "IMAGE_EDITOR" and space.image == picture:
                    yield space.image_user
                    area.tag_redraw()


def _trees() -> Iterator[Any]:
    """Every compositor of the file; since 5.0, a scene's own is a node group too."""
    yield from (group for group in bpy.data.node_groups if group.bl_idname == "CompositorNodeTree")
    yield from (tree for scene in bpy.data.scenes if (tree := compositors.embedded(scene)) is not None)
