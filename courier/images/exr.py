"""Reads an OpenEXR file: whether it is complete, whether it is all black, and its pixels. Standard library only.

Black is searched for in scan line images that are uncompressed, or compressed as ZIP, which is Blender's default. ZIP
stores the differences of neighboring bytes: a stretch is all zero exactly if its first byte adds up to zero and all
other differences are zero, which takes only sums and comparisons.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from ...client.message import msg
from .black import consists_of
from .image_format import MAX_SIDE

MAX_CHUNK_BYTES = 32 * 1024 * 1024
MAX_RAW_BYTES = 2 * 1024**3
"""Larger images are not searched for black: all chunks may be the same few bytes of the file."""
_MAX_HEADER_BYTES = 16 * 1024 * 1024
_MAX_PARTS = 1024
_MAX_CHANNELS = 4096
_MAX_CHUNKS = 1 << 20
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
_PLAIN, _ZIP = 0, (2, 3)
SAMPLE_BYTES = {0: 4, 1: 2, 2: 4}
COLORS = ("R", "G", "B")
_MAX_OTHER_BYTES, _MAX_STRETCHES = 512 * 1024 * 1024, 1 << 20
"""Of channels without color, and of channels in lines: an image with more is not searched for black."""
_LARGEST_SIDE = 1 << 20
SAME = 0x80
"""How a byte that equals the one before is stored."""


@dataclass(frozen=True, slots=True)
class Exr:
    """A complete OpenEXR image, as its first header describes it. is_black: every color of every pixel is zero."""

    width: int
    height: int
    is_black: bool


@dataclass(frozen=True, slots=True)
class Header:
    """attributes: as they stand in the file. window: left, top, right, bottom."""

    attributes: dict[str, bytes]
    window: tuple[int, int, int, int]

    @property
    def width(self) -> int:
        return self.window[2] - self.window[0] + 1

    @property
    def height(self) -> int:
        return self.window[3] - self.window[1] + 1

    @property
    def compression(self) -> int:
        return self.attributes["compression"][0]

    @property
    def lines(self) -> int:
        """Lines of one chunk; 0 if unknown."""
        return _LINES.get(self.compression, 0)

    @property
    def chunks(self) -> int:
        """How many there are; 0 when it is not known."""
        if "chunkCount" in self.attributes:
            return int(struct.unpack("<i", self.attributes["chunkCount"])[0])
        if "tiles" in self.attributes or not self.lines:
            return 0  # the count depends on tile levels; Blender writes lines
        return -(-self.height // self.lines)


@dataclass(frozen=True, slots=True)
class Lines:
    """The chunks of a picture's first part. is_readable: it is the only one, and its chunks are lines, not tiles."""

    header: Header
    offsets: tuple[int, ...]
    is_readable: bool


def read(file: BinaryIO, size: int) -> Exr:
    """Read the first part's size. Checks that no chunk is missing or points beyond the file's end.

    Raises ValueError with a message, or struct.error and IndexError if the file ends too early.
    """
    lines = read_lines(file, size)
    header = lines.header
    return Exr(header.width, header.height, lines.is_readable and _is_black(file, size, lines))


def read_lines(file: BinaryIO, size: int) -> Lines:
    """Where the first part's lines are. Raises as `read` does."""
    file.seek(4)
    (version,) = struct.unpack("<I", file.read(4))
    is_multipart = bool(version & 0x1000)
    headers = list(islice(_headers(file, is_multipart), _MAX_PARTS + 1))
    if not headers:
        raise ValueError(msg("it contains no image"))
    if len(headers) > _MAX_PARTS:
        raise ValueError(msg("its header is damaged"))
    chunks = sum(header.chunks for header in headers)
    if chunks > _MAX_CHUNKS or not 0 <= 8 * chunks <= size:
        raise ValueError(msg("it is truncated"))
    offsets = struct.unpack(f"<{chunks}Q", file.read(8 * chunks))
    if any(not offset or offset + 8 > size for offset in offsets):
        raise ValueError(msg("parts of the image are missing"))
    if offsets and not _reaches(file, max(offsets), size, headers, is_multipart=is_multipart):
        raise ValueError(msg("parts of the image are missing"))
    first = headers[0]
    is_lines = not is_multipart and not version & 0xA00 and "tiles" not in first.attributes
    return Lines(first, offsets, is_lines and len(offsets) == first.chunks)


def _reaches(file: BinaryIO, offset: int, size: int, headers: Sequence[Header], *, is_multipart: bool) -> bool:
    """Whether the chunk at this offset lies completely within the file; a truncated file lacks the end of the last."""
    file.seek(offset)
    (part,) = struct.unpack("<i", file.read(4)) if is_multipart else (0,)
    if not 0 <= part < len(headers):
        return False
    attributes = headers[part].attributes
    if attributes.get("type", b"").startswith(b"deep"):
        return True  # these store their lengths differently
    file.seek(16 if "tiles" in attributes else 4, os.SEEK_CUR)
    (length,) = struct.unpack("<I", file.read(4))
    return file.tell() + int(length) <= size


def _headers(file: BinaryIO, is_multipart: bool) -> Iterator[Header]:
    while attributes := _attributes(file):
        try:
            window = struct.unpack("<4i", attributes["dataWindow"])
            header = Header(attributes, window)
            sides = (header.width, header.height)
            is_sound = all(0 < side <= _LARGEST_SIDE for side in sides) and header.lines >= 0 and header.chunks >= 0
        except (KeyError, IndexError, struct.error):
            is_sound = False
        if not is_sound:
            raise ValueError(msg("its header is damaged"))
        yield header
        if not is_multipart:
            return


def _attributes(file: BinaryIO) -> dict[str, bytes]:
    attributes: dict[str, bytes] = {}
    while name := _text(file):
        kind = _text(file)
        (size,) = struct.unpack("<I", file.read(4))
        value = file.read(size) if file.tell() + size < _MAX_HEADER_BYTES else b""
        attributes[name.decode("latin-1")] = value
        if not kind or len(value) != size:
            raise ValueError(msg("its header is damaged"))
    return attributes


def _text(file: BinaryIO) -> bytes:
    text = b""
    while (letter := file.read(1)) != b"\0":
        if not letter or len(text) > 255:
            raise ValueError(msg("its header is damaged"))
        text += letter
    return text


def _is_black(file: BinaryIO, size: int, lines: Lines) -> bool:
    """Whether every color of every pixel is zero; also False if we cannot tell."""
    header = lines.header
    colors = color_names(header)
    stretches = [(header.width * SAMPLE_BYTES[kind], name in colors) for name, kind in channels(header)]
    line = sum(length for length, _ in stretches)
    if header.compression not in (_PLAIN, *_ZIP) or not colors or line * header.lines > MAX_CHUNK_BYTES:
        return False
    others = sum(length for length, is_color in stretches if not is_color)
    if header.height * line > MAX_RAW_BYTES or header.height * others > _MAX_OTHER_BYTES:
        return False
    if header.height * len(stretches) > _MAX_STRETCHES or max(header.width, header.height) > MAX_SIDE:
        return False
    return all(_is_black_chunk(file, size, header, offset, stretches) for offset in lines.offsets)


def channels(header: Header) -> list[tuple[str, int]]:
    """Names and kinds of the channels in the order of the file; none when their layout is not known."""
    found: list[tuple[str, int]] = []
    data, at = header.attributes.get("channels", b""), 0
    while at < len(data) and data[at]:
        end = data.find(b"\0", at)
        if end < 0 or len(found) >= _MAX_CHANNELS:
            return []
        kind, _, across, down = struct.unpack_from("<IIii", data, end + 1)
        if (across, down) != (1, 1) or kind not in SAMPLE_BYTES:
            return []
        found.append((data[at:end].decode("latin-1"), kind))
        at = end + 17
    return found


def color_names(header: Header) -> set[str]:
    """The channels that are the picture's colors."""
    names = [name for name, _ in channels(header)]
    colors = {name for name in names if name.rpartition(".")[2] in COLORS or name == "Y"}
    combined = {name for name in colors if "Combined" in name.split(".")}  # of many passes, this is the image
    return combined or colors


def read_chunk(file: BinaryIO, size: int, header: Header, offset: int, line: int) -> tuple[int, int, bytes]:
    """A chunk of a picture, bounds checked.

    Args:
        size: of the file, in bytes.
        offset: of the chunk in the file.
        line: bytes of a line.

    Returns:
        The number of its first line, how many bytes its lines take, and its data: compressed if it has fewer.

    Raises:
        ValueError: with a message, if the file is damaged.
    """
    file.seek(offset)
    top, packed = struct.unpack("<iI", file.read(8))
    if offset + 8 + packed > size or not header.window[1] <= top <= header.window[3]:
        raise ValueError(msg("parts of the image are missing"))
    whole = min(header.lines, header.window[3] - top + 1) * line
    if packed > whole:
        raise ValueError(msg("its image data is damaged"))
    return top, whole, file.read(packed)


def _is_black_chunk(file: BinaryIO, size: int, header: Header, offset: int, stretches: list[tuple[int, bool]]) -> bool:
    line = sum(length for length, _ in stretches)
    _, whole, data = read_chunk(file, size, header, offset, line)
    lines = whole // line
    if len(data) == whole:  # data that would not shrink is not compressed
        return _is_zero(data, stretches * lines)
    try:
        data = zlib.decompressobj().decompress(data, whole)
    except zlib.error:
        raise ValueError(msg("its image data is damaged")) from None
    if len(data) != whole:
        raise ValueError(msg("its image data is damaged"))
    halves = [(length // 2, is_color) for length, is_color in stretches]
    return _differs_by_nothing(data, halves * lines * 2)  # first all even bytes, then all odd ones


def _is_zero(data: bytes, stretches: list[tuple[int, bool]]) -> bool:
    at = 0
    for length, is_color in stretches:
        if is_color and not consists_of(data[at : at + length], 0):
            return False
        at += length
    return True


def _differs_by_nothing(data: bytes, stretches: list[tuple[int, bool]]) -> bool:
    at, value = 0, SAME  # the very first byte stands for itself
    for length, is_color in stretches:
        if is_color:
            value = (value + data[at] - SAME) & 255
            if value or not consists_of(data[at + 1 : at + length], SAME):
                return False
        else:
            value = (value + sum(data[at : at + length]) - SAME * length) & 255
        at += length
    return True
