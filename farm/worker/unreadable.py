"""Which pictures Blender cannot read for a frame: it silently renders pink, or nothing, in their place.

Each file is tested once while it is unchanged: a small one is decoded, a large one is opened as Cycles opens it; of a
movie, the first picture is decoded. Of a sequence, the frame's file is tested; of a tiled picture, each tile. Pictures
that nothing visible uses do not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import bpy

from . import losses

_MOST = 20
_TREES = ("materials", "worlds", "lights", "linestyles", "node_groups", "scenes")
_ASIDE = (bpy.types.Brush, bpy.types.Camera, bpy.types.Screen, bpy.types.WindowManager, bpy.types.WorkSpace)
"""Their pictures are for the artist alone."""
_SMALL = 1024 * 1024
"""Bytes; so little is decoded whole, which takes a moment."""


@dataclass(frozen=True)
class _Place:
    """A use of a picture. timing: what determines its file at a frame; None if it has no such setting."""

    owner: Any
    image: Any
    timing: Any = None


@dataclass
class Pictures:
    """The pictures of the last opened scene. Their uses are determined once; their files are checked for each frame."""

    _tried: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    _shown: dict[str, tuple[list[_Place], list[str]]] = field(default_factory=dict)

    def unreadable(self, scene: Any, frame: int) -> list[str] | None:
        """Names of what the frame needs and Blender cannot read; None if more than pictures may fail.

        EEVEE shows pink for a shader that does not compile, and Cycles for a script.
        """
        places, lost = self._shown.get(scene.name) or self._shown.setdefault(scene.name, self._shown_by(scene))
        names = [*lost, *(name for place in places for name in self._of(place, frame))]
        found = list(dict.fromkeys(name[:200] for name in names))[:_MOST]
        return found if found or (scene.render.engine == "CYCLES" and not self._has_scripts) else None

    def _shown_by(self, scene: Any) -> tuple[list[_Place], list[str]]:
        """Where the scene reads pictures, and the names of missing linked data."""
        places = [*_in_nodes(), *_in_textures(), *_in_modifiers(self._users)]
        owners = {place.owner for place in places}
        read = {owner for owner in owners if self._is_read(owner, scene)}
        lost = [block for block in losses.missing_blocks() if self._is_read(block, scene)]
        names = [f"{block.name} ({block.library.name})" for block in lost]
        return [place for place in places if place.owner in read], names

    @cached_property
    def _has_scripts(self) -> bool:
        return any(node.bl_idname == "ShaderNodeScript" for _, node in _nodes())

    @cached_property
    def _users(self) -> dict[Any, set[Any]]:
        return dict(bpy.data.user_map())  # type: ignore[call-arg]

    def _is_read(self, block: Any, scene: Any) -> bool:
        """Whether the scene shows something that uses it."""
        seen, left = {block}, [block]
        while left:
            one = left.pop()
            if one == scene:
                return True
            if isinstance(one, bpy.types.Object) and one.hide_render and one.animation_data is None:
                continue
            new = {each for each in self._users.get(one, ()) if not isinstance(each, _ASIDE)} - seen
            seen |= new
            left += new
        return False

    def _of(self, place: _Place, frame: int) -> Iterator[str]:
        image = place.image
        if image.source in ("GENERATED", "VIEWER"):
            return
        if image.packed_files:
            if any(not self._opens_packed(image, each.packed_file.size) for each in image.packed_files):
                yield image.name
            return
        for path in _files(image, place.timing, frame):
            if not self._opens(path, image):
                yield Path(path).name

    def _opens(self, path: str, image: Any) -> bool:
        try:
            found = Path(path).stat()
        except (OSError, ValueError):
            return False
        key = (path, found.st_size, found.st_mtime_ns)
        if key not in self._tried:
            self._tried[key] = _can_open(path, found.st_size, image)
        return self._tried[key]

    def _opens_packed(self, image: Any, size: int) -> bool:
        key = (image.name_full, size, -1)
        if key not in self._tried:
            self._tried[key] = size > 0 and (size > _SMALL or _decodes(image))
        return self._tried[key]


def _nodes() -> Iterator[tuple[Any, Any]]:
    for owner in (block for name in _TREES for block in getattr(bpy.data, name)):
        tree = owner if isinstance(owner, bpy.types.NodeTree) else getattr(owner, "node_tree", None)
        for node in tree.nodes if tree is not None else ():
            yield owner, node


def _in_nodes() -> Iterator[_Place]:
    for owner, node in _nodes():
        if node.mute or not any(output.is_linked for output in node.outputs):
            continue
        images = [(getattr(node, "image", None), getattr(node, "image_user", node))]
        images += [(getattr(socket, "default_value", None), None) for socket in node.inputs if socket.type == "IMAGE"]
        for image, timing in images:
            if isinstance(image, bpy.types.Image):
                yield _Place(owner, image, timing)


def _in_textures() -> Iterator[_Place]:
    for texture in bpy.data.textures:
        image = getattr(texture, "image", None)
        if image is not None:
            yield _Place(texture, image, getattr(texture, "image_user", None))


def _in_modifiers(users: dict[Any, set[Any]]) -> Iterator[_Place]:
    """Skips empties, whose picture only the artist sees."""
    for image in bpy.data.images:
        for user in users.get(image, ()):
            if isinstance(user, bpy.types.Object) and user.type != "EMPTY":
                yield _Place(user, image)


def _files(image: Any, timing: Any, frame: int) -> Iterator[str]:
    """The absolute paths of files that are opened for the frame."""
    path = os.path.normpath(bpy.path.abspath(image.filepath, library=image.library))
    if image.source == "TILED":
        for tile in image.tiles:
            number = tile.number - 1001
            uv = f"u{number % 10 + 1}_v{number // 10 + 1}"
            yield path.replace("<UDIM>", str(tile.number)).replace("<UVTILE>", uv)
    elif image.source == "SEQUENCE":
        wanted = None if timing is None else _number(timing, frame)
        if wanted is not None:
            number = re.compile(r"\d+(?=\D*$)")
            yield str(Path(path).with_name(number.sub(lambda old: f"{wanted:0{len(old[0])}d}", Path(path).name)))
    else:
        yield path


def _number(timing: Any, frame: int) -> int | None:
    """The number of the file that Blender shows; None if it shows none."""
    length: int = timing.frame_duration
    if not length:
        return None
    place = frame - timing.frame_start + 1
    if timing.use_cyclic:
        place = (place - 1) % length + 1
    return int(min(max(place, 0), length) + timing.frame_offset)


def _can_open(path: str, size: int, image: Any) -> bool:
    if size > _SMALL and image.source != "MOVIE":
        return _has_header(path)
    tried = bpy.data.images.load(path)
    try:
        if image.source == "MOVIE":
            tried.source = "MOVIE"
        return _decodes(tried)
    finally:
        bpy.data.images.remove(tried)


def _has_header(path: str) -> bool:
    """Also True if this Blender's Python has no OpenImageIO to check it."""
    try:
        import OpenImageIO  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return True
    return OpenImageIO.ImageInput.open(path) is not None


def _decodes(image: Any) -> bool:
    had_data = image.has_data
    try:
        return bool(image.size[0] and image.size[1])
    finally:
        if not had_data:
            image.buffers_free()
