"""Reads a Targa file: whether its data reaches the last pixel. Standard library only.

A Targa file has no magic number: only its name says what it is.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from ...client.message import msg
from .image_format import ImageFormat, ImageHeader

_HEADER = struct.Struct("<BBB2xHBxxxxHHBx")
_PLAIN, _PACKED = (1, 2, 3), (9, 10, 11)
"""Kinds of images: with a palette, in color, gray."""
_BITS = (8, 15, 16, 24, 32)
_MAX_BYTES = 64 * 1024 * 1024
"""Of larger compressed files, only the header is read."""


def read(path: Path) -> ImageHeader:
    """Raises ValueError with a message, or struct.error and IndexError if it ends too early."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        note, palette, kind, colors, color_bits, width, height, bits = _HEADER.unpack(data[: _HEADER.size])
        if palette > 1 or kind not in (*_PLAIN, *_PACKED) or bits not in _BITS:
            raise ValueError(msg("it is not a {kind} file", kind="Targa"))
        if not width or not height:
            raise ValueError(msg("it contains no image"))
        at, pixel = _HEADER.size + note + palette * colors * _bytes(color_bits), _bytes(bits)
        if kind in _PLAIN:
            end = at + width * height * pixel
        else:
            end = _end_of_packed(data, at, width * height, pixel) if len(data) <= _MAX_BYTES else at
        if end > len(data):
            raise ValueError(msg("it is truncated"))
        return ImageHeader("Targa", width, height)


def _bytes(bits: int) -> int:
    return (bits + 7) // 8


def _end_of_packed(data: mmap.mmap, at: int, left: int, pixel: int) -> int:
    while left > 0:
        count = data[at]
        if count > 127:
            left -= count - 127
            at += 1 + pixel
        else:
            left -= count + 1
            at += 1 + (count + 1) * pixel
    return at


FORMAT = ImageFormat("Targa", (".tga",), (), read)
