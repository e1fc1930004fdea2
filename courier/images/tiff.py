"""Reads a TIFF: whether its parts are inside the file, whether it is all black, and its pixels. Standard library only.

Pixels are read if lines are uncompressed, or use Deflate, LZW or PackBits, with or without differences of neighbors:
all that Blender writes. Of tiles only the offsets are checked. Blender writes BigTIFF, with offsets of 64 bits, for
images that could have more than 4 GB.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ...client.message import msg
from .black import Darkness
from .image_format import ImageFormat, ImageHeader
from .sampling import Grid, Samples
from .tiff_pixels import PACKINGS, TiffPixels

_WIDTH, _HEIGHT, _BITS, _PACKING, _MEANING, _STARTS, _SAMPLES = 256, 257, 258, 259, 262, 273, 277
_ROWS, _LENGTHS, _PLANES, _PREDICTOR, _TILE_STARTS, _TILE_LENGTHS = 278, 279, 284, 317, 324, 325
_TAGS = (_WIDTH, _HEIGHT, _BITS, _PACKING, _MEANING, _STARTS, _SAMPLES, _ROWS, _LENGTHS, _PLANES, _PREDICTOR)
_TILES = (_TILE_STARTS, _TILE_LENGTHS)
_COLORS = {1: 1, 2: 3}
"""Samples of a pixel that are color, by what they mean (0 is black): gray, RGB."""
_MAX_SAMPLES = 8
_MAX_TABLE_BYTES = 4 * 1024 * 1024
_MAX_ENTRIES = 65535
_BEYOND = 1 << 40
"""An offset that no file reaches, and that every file system accepts."""


class _Layout(NamedTuple):
    """The layout of the header. Letters are those of struct; offsets count from the part they belong to."""

    first: int
    place: str
    entries: str
    entry: str
    value: int

    @property
    def value_bytes(self) -> int:
        return struct.calcsize(self.place)


_CLASSIC, _BIG = _Layout(4, "I", "H", "HHI", 8), _Layout(8, "Q", "Q", "HHQ", 12)
_NUMBERS = {3: "H", 16: "Q", 18: "Q"}
"""Kinds of numbers; all others that are read have 32 bits."""


def read(path: Path) -> ImageHeader:
    """Raises ValueError with a message, or struct.error and IndexError if it ends too early."""
    with path.open("rb") as file:
        found, order = _tags(file, path.stat().st_size)
        width, height = found.get(_WIDTH, [0])[0], found.get(_HEIGHT, [0])[0]
        return ImageHeader("TIFF", width, height, _is_black(file, _pixels(found, order)))


def sample(path: Path) -> Samples | None:
    """Pixels of the picture, evenly spread; None when it has no colors, or their layout is not known."""
    with path.open("rb") as file:
        pixels = _pixels(*_tags(file, path.stat().st_size))
        if pixels is None or pixels.colors != 3:
            return None
        grid = Grid(pixels.width, pixels.height)
        rows = pixels.rows(file, grid.has_row)
        return Samples([color for at, row in rows for color in grid.of_row(at, row)], pixels.bits)


def _pixels(found: dict[int, list[int]], order: str) -> TiffPixels | None:
    """How the pixels are stored; None for a layout that is not read here."""
    packing, samples = found.get(_PACKING, [1])[0], found.get(_SAMPLES, [1])[0]
    colors, bits = _COLORS.get(found.get(_MEANING, [0])[0], 0), set(found.get(_BITS, [1]))
    is_plain = found.get(_PLANES, [1])[0] == 1 and found.get(_PREDICTOR, [1])[0] in (1, 2) and _TILE_STARTS not in found
    if not is_plain or packing not in PACKINGS or not 0 < colors <= samples <= _MAX_SAMPLES or bits not in ({8}, {16}):
        return None
    width, height = found.get(_WIDTH, [0])[0], found.get(_HEIGHT, [0])[0]
    strips = tuple(zip(found[_STARTS], found[_LENGTHS], strict=False))
    rows, is_difference = found.get(_ROWS, [height])[0], found.get(_PREDICTOR, [1])[0] == 2
    pixels = TiffPixels(
        width, height, bits.pop(), samples, colors, packing, is_difference, order == ">", min(rows, height), strips
    )
    return pixels if min(width, height, rows) > 0 and pixels.is_small_enough else None


def _tags(file: BinaryIO, size: int) -> tuple[dict[int, list[int]], str]:
    """The header's values, and the byte order. Raises ValueError if it names parts beyond the file's end."""
    file.seek(0)
    head = file.read(4)
    order, layout = "<" if head.startswith(b"II") else ">", _BIG if b"+" in head else _CLASSIC
    (table,) = _take(file, layout.first, order + layout.place)
    (count,) = _take(file, table, order + layout.entries)
    if count > _MAX_ENTRIES:
        raise ValueError(msg("it has too many parts"))
    at, found = table + struct.calcsize(layout.entries), dict[int, list[int]]()
    for _ in range(count):
        tag, kind, number = _take(file, at, order + layout.entry)
        if tag in (*_TAGS, *_TILES) and tag not in found:
            found[tag] = _values(file, size, order, layout, at + layout.value, kind, number)
        at += layout.value + layout.value_bytes
    starts, lengths = _TILES if _TILE_STARTS in found else (_STARTS, _LENGTHS)
    parts = list(zip(found.get(starts, []), found.get(lengths, []), strict=False))
    if not parts or any(start + length > size for start, length in parts) or sum(n for _, n in parts) > size:
        raise ValueError(msg("parts of the image are missing"))
    return found, order


def _values(file: BinaryIO, size: int, order: str, layout: _Layout, at: int, kind: int, number: int) -> list[int]:
    letter = _NUMBERS.get(kind, "I")
    needed = struct.calcsize("=" + letter) * number
    if needed > min(size, _MAX_TABLE_BYTES):
        raise ValueError(msg("it is truncated"))
    if needed > layout.value_bytes:
        (at,) = _take(file, at, order + layout.place)
    return list(_take(file, at, f"{order}{number}{letter}"))


def _take(file: BinaryIO, at: int, layout: str) -> tuple[int, ...]:
    file.seek(min(at, _BEYOND))
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _is_black(file: BinaryIO, pixels: TiffPixels | None) -> bool:
    """Whether every color of every pixel is nearly zero; also False if we cannot tell."""
    if pixels is None:
        return False
    dark = Darkness(pixels.width, pixels.height, pixels.bits)
    return all(dark.takes(channels) for _, channels in pixels.rows(file, lambda row: True)) and dark.is_black


FORMAT = ImageFormat(
    "TIFF", (".tif", ".tiff"), ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")), read, sample
)
