"""Reads a PNG: whether it is complete, whether it is all black, and its pixels. Standard library only.

Undoing the row filters is slow in Python. Black seldom needs it: filters only subtract neighbors of the same channel,
so the filtered bytes of black are zero too, or near it if it is dithered. Pixels are read for a sample of frames.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from ...client.message import msg
from .black import BRIGHTEST_SPECK, Darkness, consists_of
from .image_format import MAX_SIDE, ImageFormat, ImageHeader
from .sampling import Grid, Samples

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SAMPLED_PIXELS = 4096 * 2160
MAX_RAW_BYTES = 512 * 1024 * 1024
"""Larger images are not searched for black: a few kilobytes can unpack to any size."""
_COSTS = (0, 1, 1, 2, 2)
"""For each way to filter a row: how long a value takes. Blender's RGBA has nearly all rows filtered by Average (3)."""
_MAX_COST = 54 * 1024 * 1024
"""An image that costs more is not searched for black. RGBA of 4096 × 2160 pixels costs less."""
_MAX_CHUNKS = 1 << 20
_MOST_UNPACKED = 1032
"""Bytes that zlib can pack into one."""
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
_DARK = bytes(value % 256 for value in range(-BRIGHTEST_SPECK, BRIGHTEST_SPECK + 1))
"""Differences between neighbors in black, with its noise and specks."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Png:
    """A complete PNG, as its header describes it."""

    width: int
    height: int
    depth: int
    color: int

    @property
    def step(self) -> int:
        """Bytes of one pixel."""
        return _CHANNELS[self.color] * self.depth // 8

    @property
    def stride(self) -> int:
        """Bytes of one row, its filter's byte first."""
        return 1 + self.width * self.step

    @property
    def least_bytes(self) -> int:
        """Bytes of all pixels, whatever their layout."""
        return self.height * (self.width * _CHANNELS.get(self.color, 1) * self.depth // 8)

    @property
    def color_bytes(self) -> int:
        """Bytes of one pixel without its alpha."""
        return self.step - (self.depth // 8 if self.color in (4, 6) else 0)


def read(path: Path) -> ImageHeader:
    """Check every chunk's checksum, and whether the image is black. Raises ValueError with a message."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        header, spans = _scan(data)
        png = Png(*struct.unpack(">IIBB", header[:10]))
        if png.least_bytes > _MOST_UNPACKED * sum(end - start for start, end in spans):
            raise ValueError(msg("rows of the image are missing"))
        return ImageHeader("PNG", png.width, png.height, _is_plain(png, header) and _is_black(png, data, spans))


def sample(path: Path) -> Samples | None:
    """Pixels of the picture, evenly spread; None when it has no colors, or their layout is not known."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        header, spans = _scan(data)
        png = Png(*struct.unpack(">IIBB", header[:10]))
        if not _is_plain(png, header) or png.color not in (2, 6) or png.width * png.height > MAX_SAMPLED_PIXELS:
            return None
        grid = Grid(png.width, png.height)
        rows = enumerate(_pixels(png, data, spans))
        return Samples([color for at, row in rows for color in grid.of_row(at, row)], png.depth)


def _scan(data: mmap.mmap) -> tuple[bytes, list[tuple[int, int]]]:
    """The header, and where the picture's data is; every chunk's checksum is checked on the way."""
    if data[: len(SIGNATURE)] != SIGNATURE:
        raise ValueError(msg("it is not a PNG file"))
    header, spans, at, chunks = b"", [], len(SIGNATURE), 0
    with memoryview(data) as view:
        while at + 12 <= len(data):
            chunks += 1
            if chunks > _MAX_CHUNKS:
                raise ValueError(msg("it has too many parts"))
            (size,) = struct.unpack_from(">I", data, at)
            kind, end = data[at + 4 : at + 8], at + 12 + size
            if end > len(data):
                break
            if zlib.crc32(view[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
                raise ValueError(msg("a checksum in the file is wrong"))
            if kind == b"IHDR":
                header = data[at + 8 : end - 4]
            elif kind == b"IDAT":
                spans.append((at + 8, end - 4))
            elif kind == b"IEND":
                if len(header) != 13 or not spans:
                    raise ValueError(msg("it contains no image"))
                return header, spans
            at = end
    raise ValueError(msg("it is truncated"))


def _is_plain(png: Png, header: bytes) -> bool:
    """Whether its layout is known and its pixels can be read in time: no palette, no interlacing, no absurd size."""
    if png.color not in _CHANNELS or png.depth not in (8, 16) or header[12]:
        return False
    return max(png.width, png.height) <= MAX_SIDE and png.height * png.stride <= MAX_RAW_BYTES


def _raw_rows(png: Png, data: mmap.mmap, spans: list[tuple[int, int]]) -> Iterator[bytes]:
    """The filtered rows, unpacked piece by piece. Raises ValueError when they are damaged."""
    unpacker, rest, left = zlib.decompressobj(), bytearray(), png.height
    for start, end in spans:
        packed = data[start:end]
        while packed and left:
            try:
                rest += unpacker.decompress(packed, _PIECE)
            except zlib.error:
                raise ValueError(msg("its image data is damaged")) from None
            packed = unpacker.unconsumed_tail
            rows = min(left, len(rest) // png.stride)
            if rows:
                for at in range(0, rows * png.stride, png.stride):
                    yield bytes(rest[at : at + png.stride])
                del rest[: rows * png.stride]
                left -= rows


def _is_black(png: Png, data: mmap.mmap, spans: list[tuple[int, int]]) -> bool:
    """Whether every color of every pixel is nearly zero."""
    rows, cost, dark, width = 0, 0, Darkness(png.width, png.height, png.depth), png.depth // 8
    above = [bytes(png.width)] * (png.color_bytes // width)
    for row in _raw_rows(png, data, spans):
        rows += 1
        channels = [row[1 + at :: png.step] for at in range(0, png.color_bytes, width)]
        if _needs_neighbors(row[0], channels, above):
            cost += len(channels) * png.width * _COSTS[row[0]]
        if cost > _MAX_COST or not all(map(_is_dark, channels)):
            return False
        above = [_unfilter(row[0], one, up) for one, up in zip(channels, above, strict=True)]
        if not dark.takes(above):
            return False
    if rows < png.height:
        raise ValueError(msg("rows of the image are missing"))
    return dark.is_black


def _pixels(png: Png, data: mmap.mmap, spans: list[tuple[int, int]]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Red, green and blue of each row, of two bytes only the high one."""
    above = [bytes(png.width)] * 3
    width = png.depth // 8
    for row in _raw_rows(png, data, spans):
        above = [_unfilter(row[0], row[1 + at * width :: png.step], above[at]) for at in range(3)]
        yield above[0], above[1], above[2]


def _is_dark(channel: bytes) -> bool:
    """Whether a filtered row could be black."""
    return consists_of(channel, 0) or not channel.strip(_DARK)


def _needs_neighbors(method: int, rows: list[bytes], above: list[bytes]) -> bool:
    return method != 0 and not all(consists_of(row, 0) for row in (*rows, *above))


def _unfilter(method: int, row: bytes, above: bytes) -> bytes:
    """One channel of one row."""
    if not _needs_neighbors(method, [row], [above]):
        return row
    if method == 1:
        return bytes(value & 255 for value in accumulate(row))
    if method == 2:
        return bytes([(value + up) & 255 for value, up in zip(row, above, strict=True)])
    return _unpredict(row, above) if method == 4 else _unaverage(row, above)


def _unaverage(row: bytes, above: bytes) -> bytes:
    out, left = bytearray(), 0
    for value, up in zip(row, above, strict=True):
        left = value + (left + up >> 1) & 255
        out.append(left)
    return bytes(out)


def _unpredict(row: bytes, above: bytes) -> bytes:
    """Undo Paeth's prediction: the nearest of three neighbors to left + up - corner, in this order."""
    out = bytearray()
    left = corner = 0
    for value, up in zip(row, above, strict=True):
        if up == corner:
            nearest = left
        elif left == corner:
            nearest = up
        else:
            to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            nearest = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
        left = value + nearest & 255
        corner = up
        out.append(left)
    return bytes(out)


FORMAT = ImageFormat("PNG", (".png",), ((0, SIGNATURE),), read, sample)
