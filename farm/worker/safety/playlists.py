"""Finds movies that are really playlists, which lead FFmpeg to other files or URLs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .path_properties import type_names

_READ_BY_FFMPEG = frozenset({"Image", "MovieClip", "Sound", "MovieStrip", "MovieSequence"})
_MARKS = (
    b"#extm3u", b"ffconcat", b"<mpd", b"<compositionplaylist", b"c=in ip", b"[playlist]", b"<smil", b"[reference]",
)  # fmt: skip
_PROBED_BYTES = 1024 * 1024
"""Where FFmpeg looks for these, up to the first zero."""
_TAG = b"ID3"
_TAG_HEAD = 10
"""Bytes; a footer has as many, among them zeros."""
_HAS_FOOTER = 0x10
_PROXIES = "BL_proxy"


def is_one(struct: Any, full: str) -> bool:
    """Whether a movie, or a file that Blender may open in its place, is a playlist.

    Args:
        struct: what has the path. full: where it leads.
    """
    if not any(name in _READ_BY_FFMPEG for name in type_names(struct)):
        return False
    return any(_has_mark(path) for path in (Path(full), *_views(full), *_proxies(struct, Path(full))))


def _views(full: str) -> Iterator[Path]:
    """The same movie for other views: Blender replaces the suffix of one by that of another."""
    stem, dot, extension = full.rpartition(".")
    suffixes = {view.file_suffix for scene in bpy.data.scenes for view in scene.render.views}
    for one in suffixes:
        if stem.endswith(one):
            yield from (Path(stem.removesuffix(one) + other + dot + extension) for other in suffixes if other != one)


def _proxies(struct: Any, path: Path) -> Iterator[Path]:
    """Smaller copies, beside the movie or where a clip says."""
    folders = [path.parent / _PROXIES / path.name]
    custom = getattr(getattr(struct, "proxy", None), "directory", "")
    if custom:
        folders.append(Path(bpy.path.abspath(custom, library=struct.id_data.library)))
    for folder in folders:
        with contextlib.suppress(OSError, ValueError):  # no such folder, or not a valid name
            yield from (each for each in folder.iterdir() if each.name.startswith("proxy_"))


def _has_mark(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_PROBED_BYTES)
    except (OSError, ValueError):
        return False
    texts = [each.partition(b"\0")[0].lower() for each in (head, _behind_tag(head))]
    return any(mark in text for mark in _MARKS for text in texts)


def _behind_tag(head: bytes) -> bytes:
    """What follows the ID3 tags of an MP3: FFmpeg skips them, whatever comes next."""
    while head.startswith(_TAG) and len(head) >= _TAG_HEAD:
        size = 0
        for byte in head[6:_TAG_HEAD]:
            size = size << 7 | byte & 127
        footer = _TAG_HEAD if head[5] & _HAS_FOOTER else 0
        head = head[_TAG_HEAD + size + footer :]
    return head
