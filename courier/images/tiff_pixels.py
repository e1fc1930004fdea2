"""Unpacks the rows of a TIFF. Standard library only."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, TypeAlias

from ...client.message import msg
from .image_format import MAX_SIDE

_PLAIN, _LZW, _DEFLATE, _PACK_BITS = 1, 5, (8, 32946), 32773
PACKINGS = (_PLAIN, _LZW, *_DEFLATE, _PACK_BITS)
_MAX_BYTES, _MAX_DIFFERENCES = 256 * 1024 * 1024, 64 * 1024 * 1024
_MAX_SLOW_BYTES = 16 * 1024 * 1024
"""Packed, as LZW or PackBits."""
_CLEAR, _END, _FIRST_FREE, _MOST_BITS = 256, 257, 258, 12
_SPARE_BYTES = 4096
"""A packed strip may be a little larger than its rows, but not twice."""
Channels: TypeAlias = list[bytes]
"""The colors of one row; of 16 bits, the upper bytes."""


@dataclass(frozen=True, slots=True)
class TiffPixels:
    """How the pixels are stored.

    samples: values of a pixel; colors: how many of the first are colors. is_difference: each value is the difference
    to its left neighbor. strip_rows: rows of a strip. strips: offset and length of each.
    """

    width: int
    height: int
    bits: int
    samples: int
    colors: int
    packing: int
    is_difference: bool
    is_big_endian: bool
    strip_rows: int
    strips: tuple[tuple[int, int], ...]

    @property
    def stride(self) -> int:
        """Bytes of a row."""
        return self.width * self.samples * self.bits // 8

    @property
    def is_small_enough(self) -> bool:
        is_slow = self.packing in (_LZW, _PACK_BITS)
        packed = sum(length for _, length in self.strips) if is_slow else 0
        return (
            max(self.width, self.height) <= MAX_SIDE
            and self.height * self.stride <= (_MAX_DIFFERENCES if self.is_difference else _MAX_BYTES)
            and packed <= _MAX_SLOW_BYTES
        )

    def rows(self, file: BinaryIO, is_wanted: Callable[[int], bool]) -> Iterator[tuple[int, Channels]]:
        """The rows that are wanted, with their numbers. Raises ValueError when they are damaged."""
        for number, (start, length) in enumerate(self.strips):
            top = number * self.strip_rows
            wanted = [row for row in range(top, min(top + self.strip_rows, self.height)) if is_wanted(row)]
            if wanted:
                file.seek(start)
                needed = (wanted[-1] - top + 1) * self.stride
                data = _unpacked(self.packing, file.read(min(length, 2 * needed + _SPARE_BYTES)), needed)
                for row in wanted:
                    line = data[(row - top) * self.stride : (row - top + 1) * self.stride]
                    if len(line) != self.stride:
                        return
                    yield row, self._channels(line)

    def _channels(self, line: bytes) -> Channels:
        if self.bits == 8:
            narrow = [line[at :: self.samples] for at in range(self.colors)]
            return [bytes(value & 255 for value in accumulate(one)) for one in narrow] if self.is_difference else narrow
        if not self.is_difference:
            upper = 0 if self.is_big_endian else 1
            return [line[2 * at + upper :: 2 * self.samples] for at in range(self.colors)]
        values = array("H", line)
        if self.is_big_endian != (sys.byteorder == "big"):
            values.byteswap()
        wide = [values[at :: self.samples] for at in range(self.colors)]
        return [bytes(value >> 8 & 255 for value in accumulate(one)) for one in wide]


def _unpacked(packing: int, data: bytes, most: int) -> bytes:
    """The first `most` bytes, or more, or all there are."""
    if packing == _PLAIN:
        return data
    if packing == _LZW:
        return _lzw(data, most)
    if packing == _PACK_BITS:
        return _pack_bits(data, most)
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        raise ValueError(msg("its image data is damaged")) from None


def _pack_bits(data: bytes, most: int) -> bytes:
    out, at = bytearray(), 0
    while at + 1 < len(data) and len(out) < most:
        count = data[at]
        if count < 128:
            out += data[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            if count > 128:
                out += data[at + 1 : at + 2] * (257 - count)
            at += 2 if count > 128 else 1
    return bytes(out[:most])


def _lzw(data: bytes, most: int) -> bytes:
    """TIFF's own variant: the highest bit first, and codes get longer one code early."""
    words = [bytes([value]) for value in range(256)] + [b"", b""]
    out, width, held, bits, last = bytearray(), 9, 0, 0, b""
    for byte in data:
        held, bits = (held << 8 | byte) & 0xFFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & ((1 << width) - 1)
        if code == _END or len(out) >= most:
            break
        if code == _CLEAR:
            del words[_FIRST_FREE:]
            width, last = 9, b""
            continue
        if code > len(words) or (code == len(words) and not last):
            raise ValueError(msg("its image data is damaged"))
        word = words[code] if code < len(words) else last + last[:1]
        if last and len(words) < 1 << _MOST_BITS:
            words.append(last + word[:1])
        out += word
        last = word
        width = min(_MOST_BITS, max(9, (len(words) + 1).bit_length()))
    return bytes(out[:most])
