"""Reads a Radiance HDR file: whether its data reaches the last line. Standard library only."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from ...client.message import msg
from .image_format import ImageFormat, ImageHeader

_HEADER_BYTES = 1 << 20
_SIZE = re.compile(rb"^[-+]([XY]) +(\d{1,9}) +[-+]([XY]) +(\d{1,9}) *\r?\n", re.MULTILINE)
_MAX_BYTES = 64 * 1024 * 1024
"""Of larger files only the header is read."""
_CHANNELS = 4
_PACKED_WIDTHS = range(8, 32768)


def read(path: Path) -> ImageHeader:
    """Raises ValueError with a message, or IndexError if it ends too early."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = _SIZE.search(data[:_HEADER_BYTES])
        if found is None or found[1] == found[3]:
            raise ValueError(msg("its header is damaged"))
        lines, length = int(found[2]), int(found[4])
        if not lines or not length:
            raise ValueError(msg("it contains no image"))
        if len(data) <= _MAX_BYTES:
            _check_lines(data, found.end(), lines, length)
        return ImageHeader("Radiance HDR", *((length, lines) if found[1] == b"Y" else (lines, length)))


def _check_lines(data: mmap.mmap, at: int, lines: int, length: int) -> None:
    for line in range(lines):
        if not _is_packed(data[at : at + _CHANNELS], length):
            _check_plain(data, at, _CHANNELS * (lines - line) * length)
            return
        at += _CHANNELS
        for _ in range(_CHANNELS):
            at = _end_of_channel(data, at, length)
    if at > len(data):
        raise ValueError(msg("it is truncated"))


def _is_packed(head: bytes, length: int) -> bool:
    return head[:2] == b"\2\2" and head[2:] == length.to_bytes(4, "big")[2:] and length in _PACKED_WIDTHS


def _end_of_channel(data: mmap.mmap, at: int, left: int) -> int:
    while left > 0:
        count = data[at]
        if count > 128:
            left -= count - 128
            at += 2
        else:
            left -= count or left + 1
            at += 1 + count
    if left:
        raise ValueError(msg("its image data is damaged"))
    return at


def _check_plain(data: mmap.mmap, at: int, expected: int) -> None:
    """The old compression has no lengths: a pixel of three ones repeats the one before. It is not checked."""
    if len(data) - at < expected and data.find(b"\1\1\1", at) < 0:
        raise ValueError(msg("it is truncated"))


FORMAT = ImageFormat("Radiance HDR", (".hdr",), ((0, b"#?RADIANCE"), (0, b"#?RGBE")), read)
