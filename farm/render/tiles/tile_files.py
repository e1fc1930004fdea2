"""Whether a tile's file is complete: Blender silently leaves unreadable parts of an OpenEXR file black."""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"\x76\x2f\x31\x01"
_TILED_OR_DEEP, _MULTIPART = 0x0A, 0x10
_ZIP, _LINES = 3, 16
"""How our workers compress tiles, and how many lines a block has then."""
_PIXEL_BYTES = {0: 4, 1: 2, 2: 4}
_MOST_HEADER, _MOST_ATTRIBUTES = 64 * 1024**2, 10_000
_MOST_SIDE = 100_000


@dataclass(frozen=True, slots=True)
class _Header:
    """Of one part of a file: its first and last line, and the bytes of a line."""

    first: int
    last: int
    line: int

    @property
    def blocks(self) -> int:
        return (self.last - self.first) // _LINES + 1


def is_whole(path: Path, *, unpacks: bool = True) -> bool:
    """Whether all pixel blocks are there and, which takes longer, can be decompressed. Raises OSError."""
    with path.open("rb") as file:
        try:
            headers, is_multipart = _headers(file)
            counts = [header.blocks for header in headers]
            offsets = struct.unpack(f"<{sum(counts)}Q", file.read(8 * sum(counts)))
            numbers = [part for part, count in enumerate(counts) for _ in range(count)]
            return all(
                _is_block(file, headers[number], number if is_multipart else None, offset, unpacks)
                for number, offset in zip(numbers, offsets, strict=True)
            )
        except (struct.error, LookupError, ValueError, zlib.error, MemoryError):
            return False


def _is_block(file: BinaryIO, header: _Header, part: int | None, offset: int, unpacks: bool) -> bool:
    file.seek(offset)
    if part is not None and _int(file) != part:
        return False
    line, size = _int(file), _int(file)
    lines = min(_LINES, header.last - line + 1)
    wanted = lines * header.line
    if not header.first <= line <= header.last or not 0 < size <= wanted:
        return False
    if not unpacks:
        return file.tell() + size <= os.fstat(file.fileno()).st_size
    data = file.read(size)
    if len(data) < size:
        return False
    return size == wanted or len(zlib.decompressobj().decompress(data, wanted + 1)) == wanted


def _headers(file: BinaryIO) -> tuple[list[_Header], bool]:
    if file.read(4) != _MAGIC:
        raise ValueError("no OpenEXR file")
    flags = file.read(4)[1]
    is_multipart = bool(flags & _MULTIPART)
    if flags & _TILED_OR_DEEP:
        raise ValueError("not written by a worker")
    headers = [_header(file)]
    if headers[0] is None:
        raise ValueError("no header")
    while is_multipart and (found := _header(file)) is not None:
        headers.append(found)
    return [each for each in headers if each is not None], is_multipart


def _header(file: BinaryIO) -> _Header | None:
    """None at the end of all headers."""
    attributes = {}
    for _ in range(_MOST_ATTRIBUTES):
        name = _text(file)
        if not name:
            break
        _text(file)
        size = _int(file)
        if not 0 <= size <= _MOST_HEADER:
            raise ValueError("a header of this size")
        attributes[name] = file.read(size)
    if not attributes:
        return None
    left, first, right, last = struct.unpack("<4i", attributes[b"dataWindow"])
    width = right - left + 1
    if attributes[b"compression"][0] != _ZIP or not 0 < width <= _MOST_SIDE or not 0 <= last - first < _MOST_SIDE:
        raise ValueError("not written by a worker")
    return _Header(first, last, width * _bytes_of_pixel(attributes[b"channels"]))


def _bytes_of_pixel(channels: bytes) -> int:
    total, at = 0, 0
    while channels[at] != 0:
        at = channels.index(b"\0", at) + 1
        total += _PIXEL_BYTES[struct.unpack_from("<i", channels, at)[0]]
        at += 16
    return total


def _text(file: BinaryIO) -> bytes:
    found = b""
    while (letter := file.read(1)) != b"\0":
        if not letter or len(found) > 255:
            raise ValueError("no text")
        found += letter
    return found


def _int(file: BinaryIO) -> int:
    return int(struct.unpack("<i", file.read(4))[0])
