"""Unpacks lines of an OpenEXR image: uncompressed, RLE, ZIP or PXR24. Standard library only.

PIZ, B44 and DWA take Python too long.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ...client.message import msg
from . import exr
from .black import FaintLight, consists_of
from .exr import COLORS, MAX_CHUNK_BYTES, SAME, SAMPLE_BYTES, Header
from .image_format import MAX_SIDE, ImageFormat, ImageHeader
from .sampling import Grid, Samples

_MAX_RAW_BYTES = 64 * 1024 * 1024
"""Larger images are not searched for faint light: that would take Python too long."""
_MAX_SAMPLED_BYTES = 64 * 1024 * 1024
"""Raw, of all chunks with sampled lines; OpenImageIO is faster."""
_OTHER_SIGN = bytes(value ^ 128 for value in range(256))
_FORMATS = {0: "I", 1: "e", 2: "f"}
_PXR24_BYTES = {0: 4, 1: 2, 2: 3}
_Channel: TypeAlias = tuple[str, int]
_Unpack: TypeAlias = Callable[[bytes, int, int, list[_Channel]], bytes]


def read(path: Path) -> ImageHeader:
    """Whether the image is complete, and its size. Raises as `exr.read` does."""
    with path.open("rb") as file:
        picture = exr.read(file, path.stat().st_size)
    return ImageHeader("OpenEXR", picture.width, picture.height, picture.is_black or is_black(path))


def sample(path: Path) -> Samples | None:
    """Pixels of the image, evenly spread; None if it has no red, green and blue, or another compression."""
    size = path.stat().st_size
    with path.open("rb") as file:
        lines = exr.read_lines(file, size)
        header = lines.header
        unpack, places = _UNPACKERS.get(header.compression), _places(header)
        if not lines.is_readable or unpack is None or places is None:
            return None
        grid, chunk = Grid(header.width, header.height), _line(header) * header.lines
        offsets = [
            offset
            for number, offset in enumerate(lines.offsets)
            if any(map(grid.has_row, range(number * header.lines, (number + 1) * header.lines)))
        ]
        if chunk > MAX_CHUNK_BYTES or chunk * len(offsets) > _MAX_SAMPLED_BYTES:
            return None
        colors = [
            color
            for offset in offsets
            for row, line in _rows(file, size, header, offset, unpack)
            if grid.has_row(row)
            for color in grid.of_row(row, [_values(header, line, *place) for place in places])
        ]
        return Samples(colors, depth=0)


def is_black(path: Path) -> bool:
    """Whether hardly any color of any pixel is above zero; also False if we cannot tell.

    Raises ValueError when the picture is damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        lines = exr.read_lines(file, size)
        header = lines.header
        unpack, places = _UNPACKERS.get(header.compression), _places(header)
        line = _line(header)
        is_small = line * header.lines <= MAX_CHUNK_BYTES and line * header.height <= _MAX_RAW_BYTES
        is_small = is_small and max(header.width, header.height) <= MAX_SIDE
        if not lines.is_readable or unpack is None or places is None or not is_small:
            return False
        rows = (row for offset in lines.offsets for _, row in _rows(file, size, header, offset, unpack))
        light = FaintLight()
        return all(light.takes([_values(header, row, *place) for place in places]) for row in rows)


def _line(header: Header) -> int:
    return header.width * sum(SAMPLE_BYTES[kind] for _, kind in exr.channels(header))


def _places(header: Header) -> list[tuple[int, int]] | None:
    """Where red, green and blue are in a line, and of which kind they are."""
    found, at, names = dict[str, tuple[int, int]](), 0, exr.color_names(header)
    for name, kind in exr.channels(header):
        if name in names:
            found.setdefault(name.rpartition(".")[2], (at, kind))
        at += header.width * SAMPLE_BYTES[kind]
    return [found[color] for color in COLORS] if found.keys() >= set(COLORS) else None


def _values(header: Header, line: bytes, at: int, kind: int) -> tuple[float, ...]:
    return struct.unpack_from(f"<{header.width}{_FORMATS[kind]}", line, at)


def _rows(file: BinaryIO, size: int, header: Header, offset: int, unpack: _Unpack) -> Iterator[tuple[int, bytes]]:
    """The lines of a chunk, with their numbers from the top."""
    line = _line(header)
    top, whole, data = exr.read_chunk(file, size, header, offset, line)
    if len(data) < whole:
        try:
            data = unpack(data, whole, header.width, exr.channels(header))
        except (zlib.error, IndexError):
            data = b""
        if len(data) != whole:
            raise ValueError(msg("its image data is damaged"))
    for at in range(0, whole, line):
        yield top - header.window[1] + at // line, data[at : at + line]


def _plain(data: bytes, whole: int, width: int, channels: list[_Channel]) -> bytes:
    return data


def _zip(data: bytes, whole: int, width: int, channels: list[_Channel]) -> bytes:
    return _joined(zlib.decompressobj().decompress(data, whole))


def _rle(data: bytes, whole: int, width: int, channels: list[_Channel]) -> bytes:
    out, at = bytearray(), 0
    while at < len(data) and len(out) < whole:
        count = data[at]
        if count < 128:
            out += data[at + 1 : at + 2] * (count + 1)
            at += 2
        else:
            out += data[at + 1 : at + 257 - count]
            at += 257 - count
    return _joined(bytes(out[:whole]))


def _joined(data: bytes) -> bytes:
    """Undo the differences of neighbors, and the order of all even bytes before all odd ones."""
    if consists_of(data[1:], SAME):
        return data[:1] * len(data)
    sums = bytearray(value & 255 for value in accumulate(data))
    sums[1::2] = sums[1::2].translate(_OTHER_SIGN)  # each byte is a difference plus 128, and twice 128 is nothing
    half = (len(sums) + 1) // 2
    out = bytearray(len(sums))
    out[::2], out[1::2] = sums[:half], sums[half:]
    return bytes(out)


def _pxr24(data: bytes, whole: int, width: int, channels: list[_Channel]) -> bytes:
    """Floats of 24 bits; each value the difference to its left neighbor, its bytes in planes, the highest first."""
    line = width * sum(SAMPLE_BYTES[kind] for _, kind in channels)
    lines = whole // line
    data = zlib.decompressobj().decompress(data, whole)
    out, at = bytearray(), 0
    for _ in range(lines):
        for _, kind in channels:
            count = _PXR24_BYTES[kind]
            planes = [data[at + width * plane : at + width * (plane + 1)] for plane in range(count)]
            at += width * count
            shift = 8 * (SAMPLE_BYTES[kind] - count)
            mask = (1 << 8 * count) - 1
            steps: Sequence[int] = planes[0]
            for plane in planes[1:]:
                steps = [high << 8 | low for high, low in zip(steps, plane, strict=True)]
            values = [(value & mask) << shift for value in accumulate(steps)]
            out += struct.pack(f"<{len(values)}{'H' if kind == 1 else 'I'}", *values)
    return bytes(out)


_UNPACKERS: dict[int, _Unpack] = {0: _plain, 1: _rle, 2: _zip, 3: _zip, 5: _pxr24}
FORMAT = ImageFormat("OpenEXR", (".exr",), ((0, b"v/1\x01"),), read, sample)
