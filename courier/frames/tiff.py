"""Looks into a TIFF: are its parts inside the file, is it all black.  Standard library only.

Black is searched for where lines are not packed, or packed as Deflate, with or without differences of neighbors:
those are all zero exactly when the values are.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from ...client.message import msg

_WIDTH, _HEIGHT, _BITS, _PACKING, _MEANING, _STARTS, _SAMPLES = 256, 257, 258, 259, 262, 273, 277
_LENGTHS, _PLANES, _PREDICTOR, _TILES = 279, 284, 317, 322
_TAGS = (_WIDTH, _HEIGHT, _BITS, _PACKING, _MEANING, _STARTS, _SAMPLES, _LENGTHS, _PLANES, _PREDICTOR, _TILES)
_NOT_PACKED, _DEFLATE = 1, (8, 32946)
_COLORS = {1: 1, 2: 3}
"""Samples of a pixel that are color, by what they mean (0 is black): gray, RGB."""
MAX_BYTES = 256 * 1024 * 1024
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Tiff:
    """The first picture of a TIFF."""

    width: int
    height: int
    is_black: bool


def read(file: BinaryIO, size: int) -> Tiff:
    """Raises ValueError in words, or struct.error and IndexError for what ends too early."""
    file.seek(0)
    order = "<" if file.read(2) == b"II" else ">"
    found = _tags(file, size, order)
    strips = list(zip(found.get(_STARTS, []), found.get(_LENGTHS, []), strict=False))
    if not strips or any(start + length > size for start, length in strips):
        raise ValueError(msg("parts of the image are missing"))
    width, height = found.get(_WIDTH, [0])[0], found.get(_HEIGHT, [0])[0]
    return Tiff(width, height, _is_black(file, found, width * height, strips))


def _tags(file: BinaryIO, size: int, order: str) -> dict[int, list[int]]:
    (table,) = _take(file, 4, f"{order}I")
    (count,) = _take(file, table, f"{order}H")
    found: dict[int, list[int]] = {}
    for entry in range(count):
        at = table + 2 + 12 * entry
        tag, kind, number = _take(file, at, f"{order}HHI")
        if tag in _TAGS:
            found[tag] = _values(file, size, order, at + 8, kind, number)
    return found


def _values(file: BinaryIO, size: int, order: str, at: int, kind: int, number: int) -> list[int]:
    letter, width = ("H", 2) if kind == 3 else ("I", 4)
    if width * number > size:
        raise ValueError(msg("it is truncated"))
    if width * number > 4:
        (at,) = _take(file, at, f"{order}I")
    return list(_take(file, at, f"{order}{number}{letter}"))


def _take(file: BinaryIO, at: int, layout: str) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _is_black(file: BinaryIO, found: dict[int, list[int]], pixels: int, strips: list[tuple[int, int]]) -> bool:
    """Whether every color of every pixel is zero; False as well where we cannot tell."""
    packing, samples = found.get(_PACKING, [1])[0], found.get(_SAMPLES, [1])[0]
    colors, bits = _COLORS.get(found.get(_MEANING, [0])[0], 0), set(found.get(_BITS, [1]))
    is_plain = found.get(_PLANES, [1])[0] == 1 and found.get(_PREDICTOR, [1])[0] in (1, 2) and _TILES not in found
    if not is_plain or packing not in (_NOT_PACKED, *_DEFLATE) or not 0 < colors <= samples <= 8:
        return False
    if bits not in ({8}, {16}, {32}):
        return False
    sample = bits.pop() // 8
    missing = pixels * samples * sample
    if missing > MAX_BYTES:
        return False
    for start, length in strips:
        file.seek(start)
        data = _unpacked(file.read(length), missing) if packing in _DEFLATE else file.read(length)
        if any(data[at :: samples * sample].strip(b"\0") for at in range(colors * sample)):
            return False
        missing -= len(data)
    return missing <= 0


def _unpacked(data: bytes, most: int) -> bytes:
    unpacker, out = zlib.decompressobj(), bytearray()
    try:
        while data and len(out) < most:
            out += unpacker.decompress(data, min(_PIECE, most - len(out)))
            data = unpacker.unconsumed_tail
    except zlib.error:
        raise ValueError(msg("its image data is damaged")) from None
    return bytes(out)
