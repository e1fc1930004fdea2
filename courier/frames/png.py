"""Looks into a PNG: is it whole, is it all black, is it full of the pink of missing textures.  Standard library only.

Black is found without undoing the row filters: filters only add up neighbors of the same channel, so a channel is
all zero exactly when its filtered bytes are.  Pink needs the pixels, which is slow in Python: it is asked for on a
sample of frames.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...client.message import msg

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PINK_PIXELS = 4096 * 4096
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
_PINK_SHARE = 0.03
_RUN = 4
"""Pink counts where so many pixels of it stand side by side: noise has single ones."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Png:
    """A whole PNG, as its header says it."""

    width: int
    height: int
    depth: int
    color: int
    is_black: bool = False

    @property
    def step(self) -> int:
        """Bytes of one pixel."""
        return _CHANNELS[self.color] * self.depth // 8

    @property
    def stride(self) -> int:
        """Bytes of one row, its filter's byte first."""
        return 1 + self.width * self.step

    @property
    def color_bytes(self) -> int:
        """Bytes of one pixel without its alpha."""
        return self.step - (self.depth // 8 if self.color in (4, 6) else 0)


def read(path: Path) -> Png:
    """Check every chunk's checksum and look whether the picture is black.  Raises ValueError in words."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        header, spans = _scan(data)
        png = Png(*struct.unpack(">IIBB", header[:10]))
        if not _is_plain(png, header):
            return png
        return Png(png.width, png.height, png.depth, png.color, _is_black(png, data, spans))


def is_pink(path: Path) -> bool:
    """Whether more than 3 in 100 pixels have the color that Blender gives a missing texture, in light or shade."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        header, spans = _scan(data)
        png = Png(*struct.unpack(">IIBB", header[:10]))
        pixels = png.width * png.height
        if not _is_plain(png, header) or png.color not in (2, 6) or pixels > MAX_PINK_PIXELS:
            return False
        pink, most = 0, int(pixels * _PINK_SHARE)
        for red, green, blue in _pixels(png, data, spans):
            pink += _RUN * bytes(map(_pink, red, green, blue)).count(b"\1" * _RUN)
            if pink > most:
                return True
        return False


def _scan(data: mmap.mmap) -> tuple[bytes, list[tuple[int, int]]]:
    """The header, and where the picture's data lies; every chunk's checksum is checked on the way."""
    if data[: len(SIGNATURE)] != SIGNATURE:
        raise ValueError(msg("it is not a PNG file"))
    header, spans, at = b"", [], len(SIGNATURE)
    with memoryview(data) as view:
        while at + 12 <= len(data):
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
    """Whether we know how its pixels lie: no palette, no interlacing."""
    return png.color in _CHANNELS and png.depth in (8, 16) and not header[12]


def _raw_rows(png: Png, data: mmap.mmap, spans: list[tuple[int, int]]) -> Iterator[bytes]:
    """The filtered rows, unpacked piece by piece.  Raises ValueError when they are damaged."""
    unpacker, rest = zlib.decompressobj(), b""
    for start, end in spans:
        packed = data[start:end]
        while packed:
            try:
                rest += unpacker.decompress(packed, _PIECE)
            except zlib.error:
                raise ValueError(msg("its image data is damaged")) from None
            packed = unpacker.unconsumed_tail
            whole = len(rest) - len(rest) % png.stride
            for at in range(0, whole, png.stride):
                yield rest[at : at + png.stride]
            rest = rest[whole:]


def _is_black(png: Png, data: mmap.mmap, spans: list[tuple[int, int]]) -> bool:
    rows = 0
    for row in _raw_rows(png, data, spans):
        if any(row[1 + offset :: png.step].strip(b"\0") for offset in range(png.color_bytes)):
            return False
        rows += 1
    if rows < png.height:
        raise ValueError(msg("rows of the image are missing"))
    return True


def _pixels(png: Png, data: mmap.mmap, spans: list[tuple[int, int]]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Red, green and blue of each row, the high byte alone where there are two."""
    above = [bytes(png.width)] * 3
    width = png.depth // 8
    for row in _raw_rows(png, data, spans):
        above = [_unfilter(row[0], row[1 + at * width :: png.step], above[at]) for at in range(3)]
        yield above[0], above[1], above[2]


def _pink(red: int, green: int, blue: int) -> bool:
    return red > 60 and 5 * green < 2 * red and 4 * blue > 3 * red and 4 * red > 3 * blue


def _unfilter(method: int, row: bytes, above: bytes) -> bytes:
    """One channel of one row."""
    if method == 0:
        return row
    if method == 2:
        return bytes([(value + up) & 255 for value, up in zip(row, above, strict=True)])
    out = bytearray(len(row))
    left = corner = 0
    for at, value in enumerate(row):
        up = above[at]
        if method == 1:
            left = (value + left) & 255
        elif method == 3:
            left = (value + (left + up) // 2) & 255
        else:
            left = (value + _paeth(left, up, corner)) & 255
            corner = up
        out[at] = left
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner
