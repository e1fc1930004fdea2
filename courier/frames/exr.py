"""Looks into an OpenEXR file: is it whole, is it all black.  Standard library only.

Black is searched for in pictures of lines that are not packed, or packed as ZIP, which is Blender's own choice.  ZIP
packs the differences of neighboring bytes: a stretch is all zero exactly when the first byte of it adds up to zero and
all others differ by nothing, which needs sums and comparisons alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ...client.message import msg

MAX_CHUNK_BYTES = 256 * 1024 * 1024
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
_PLAIN, _ZIP = 0, (2, 3)
_SAMPLE_BYTES = {0: 4, 1: 2, 2: 4}
_COLORS = ("R", "G", "B")
_MAX_SIDE = 1 << 24
_SAME = 0x80
"""How a byte that is like the one before is packed."""


@dataclass(frozen=True, slots=True)
class Exr:
    """A whole OpenEXR picture, as its first header says it."""

    width: int
    height: int
    is_black: bool


@dataclass(frozen=True, slots=True)
class _Header:
    """attributes: as they stand in the file.  window: left, top, right, bottom."""

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
        """Of one chunk; 0 when it is not known."""
        return _LINES.get(self.compression, 0)

    @property
    def chunks(self) -> int:
        """How many there are; 0 when it is not known."""
        if "chunkCount" in self.attributes:
            return int(struct.unpack("<i", self.attributes["chunkCount"])[0])
        if "tiles" in self.attributes or not self.lines:
            return 0  # the count depends on tile levels; Blender writes lines
        return -(-self.height // self.lines)


def read(file: BinaryIO, size: int) -> Exr:
    """The first part's window.  No part of the table of chunks is missing or points beyond the file's end.

    Raises ValueError in words, or struct.error and IndexError for what ends too early.
    """
    file.seek(4)
    (version,) = struct.unpack("<I", file.read(4))
    is_multipart = bool(version & 0x1000)
    headers = list(_headers(file, is_multipart))
    if not headers:
        raise ValueError(msg("it contains no image"))
    chunks = sum(header.chunks for header in headers)
    if not 0 <= 8 * chunks <= size:
        raise ValueError(msg("it is truncated"))
    offsets = struct.unpack(f"<{chunks}Q", file.read(8 * chunks))
    if any(not offset or offset + 8 > size for offset in offsets):
        raise ValueError(msg("parts of the image are missing"))
    first = headers[0]
    is_lines = not is_multipart and not version & 0xA00 and "tiles" not in first.attributes
    return Exr(first.width, first.height, is_lines and _is_black(file, size, first, offsets))


def _headers(file: BinaryIO, is_multipart: bool) -> Iterator[_Header]:
    while attributes := _attributes(file):
        try:
            window = struct.unpack("<4i", attributes["dataWindow"])
            header = _Header(attributes, window)
            sides = (header.width, header.height)
            is_sound = all(0 < side <= _MAX_SIDE for side in sides) and header.lines >= 0 and header.chunks >= 0
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
        value = file.read(size) if size < (1 << 24) else b""
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


def _is_black(file: BinaryIO, size: int, header: _Header, offsets: tuple[int, ...]) -> bool:
    """Whether every color of every pixel is zero; False as well where we cannot tell."""
    stretches = _stretches(header)
    line = sum(length for length, _ in stretches)
    is_told = header.compression in (_PLAIN, *_ZIP) and any(is_color for _, is_color in stretches)
    if not is_told or len(offsets) != header.chunks or line * header.lines > MAX_CHUNK_BYTES:
        return False
    return all(_is_black_chunk(file, size, header, offset, stretches) for offset in offsets)


def _stretches(header: _Header) -> list[tuple[int, bool]]:
    """The channels of a line in the order of the file: bytes, and whether it is a color; none when we cannot tell."""
    channels: list[tuple[str, int]] = []
    data, at = header.attributes.get("channels", b""), 0
    while at < len(data) and data[at]:
        end = at + len(data[at:].partition(b"\0")[0])
        kind, _, across, down = struct.unpack_from("<IIii", data, end + 1)
        if (across, down) != (1, 1) or kind not in _SAMPLE_BYTES:
            return []
        channels.append((data[at:end].decode("latin-1"), header.width * _SAMPLE_BYTES[kind]))
        at = end + 17
    colors = {name for name, _ in channels if name.rpartition(".")[2] in _COLORS or name == "Y"}
    combined = {name for name in colors if "Combined" in name.split(".")}  # of many passes this one is the picture
    return [(length, name in (combined or colors)) for name, length in channels]


def _is_black_chunk(file: BinaryIO, size: int, header: _Header, offset: int, stretches: list[tuple[int, bool]]) -> bool:
    file.seek(offset)
    top, packed = struct.unpack("<iI", file.read(8))
    lines = min(header.lines, header.window[3] - top + 1)
    if offset + 8 + packed > size or not header.window[1] <= top <= header.window[3]:
        raise ValueError(msg("parts of the image are missing"))
    whole = lines * sum(length for length, _ in stretches)
    data = file.read(packed)
    if packed >= whole:  # what does not get smaller is not packed
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
        if is_color and data[at : at + length].strip(b"\0"):
            return False
        at += length
    return True


def _differs_by_nothing(data: bytes, stretches: list[tuple[int, bool]]) -> bool:
    at, value = 0, _SAME  # the very first byte stands for itself
    for length, is_color in stretches:
        if is_color:
            value = (value + data[at] - _SAME) & 255
            if value or data[at + 1 : at + length].strip(bytes([_SAME])):
                return False
        else:
            value = (value + sum(data[at : at + length]) - _SAME * length) & 255
        at += length
    return True
