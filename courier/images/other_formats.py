"""The formats of which we only read the header and the end: JPEG, BMP, WebP, movies, archives and others.

Standard library only.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ...client.message import msg
from .black import Darkness
from .image_format import MAX_SIDE, ImageFormat, ImageHeader

_PIECE = 1 << 20
_MAX_PARTS = 100_000
_Read: TypeAlias = Callable[[BinaryIO, int], ImageHeader]


def _take(file: BinaryIO, at: int, layout: str) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _jpeg(file: BinaryIO, size: int) -> ImageHeader:
    file.seek(max(0, size - 64))
    if b"\xff\xd9" not in file.read():
        raise ValueError(msg("it is truncated"))
    at = 2
    for _ in range(_MAX_PARTS):
        mark, kind, length = _take(file, at, ">BBH")
        if (mark, kind) == (0xFF, 0xFF):  # any number of these may come before a part
            at += 1
            continue
        if mark != 0xFF or length < 2:
            raise ValueError(msg("its parts are out of order"))
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            _, height, width = _take(file, at + 4, ">BHH")
            return ImageHeader("JPEG", width, height)
        at += 2 + length
    raise ValueError(msg("its parts are out of order"))


def _bmp(file: BinaryIO, size: int) -> ImageHeader:
    stated, start, width, height, bits, packing = _take(file, 2, "<I4xI4xii2xHI")
    if stated > size:
        raise ValueError(msg("it is truncated"))
    is_black = bits == 24 and packing == 0 and _is_black(file, size - start, width, abs(height))
    return ImageHeader("BMP", width, abs(height), is_black)


def _is_black(file: BinaryIO, size: int, width: int, height: int) -> bool:
    """Whether the rows, each padded to a multiple of four bytes, are all in the file's last bytes, and black."""
    stride, dark = (3 * width + 3) // 4 * 4, Darkness(width, height)
    if not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE or stride * height > size:
        return False
    file.seek(-size, os.SEEK_END)
    rows = (file.read(stride) for _ in range(height))
    return all(dark.takes([row[at : 3 * width : 3] for at in range(3)]) for row in rows) and dark.is_black


def _webp(file: BinaryIO, size: int) -> ImageHeader:
    return _riff(file, size, "WebP")


def _avi(file: BinaryIO, size: int) -> ImageHeader:
    return _riff(file, size, "AVI")


def _riff(file: BinaryIO, size: int, kind: str) -> ImageHeader:
    (stated,) = _take(file, 4, "<I")
    if stated + 8 > size:
        raise ValueError(msg("it is truncated"))
    return ImageHeader(kind)


def _dpx(file: BinaryIO, size: int) -> ImageHeader:
    order = ">" if _take(file, 0, ">I")[0] == 0x53445058 else "<"
    (stated,) = _take(file, 16, f"{order}I")
    width, height = _take(file, 772, f"{order}II")
    if stated not in (0, 0xFFFFFFFF) and stated > size:
        raise ValueError(msg("it is truncated"))
    return ImageHeader("DPX", width, height)


def _jp2(file: BinaryIO, size: int) -> ImageHeader:
    file.seek(max(0, size - 2))
    if file.read() != b"\xff\xd9":
        raise ValueError(msg("it is truncated"))
    return ImageHeader("JPEG 2000")


def _mp4(file: BinaryIO, size: int) -> ImageHeader:
    at, kinds, parts = 0, set[int](), 0
    while at + 8 <= size and parts < _MAX_PARTS:
        parts += 1
        length, kind = _take(file, at, ">II")
        if length == 1:
            (length,) = _take(file, at + 8, ">Q")
        if 0 < length < 8:
            raise ValueError(msg("its parts are out of order"))
        kinds.add(kind)
        at += length or size - at
    if at != size or 0x6D6F6F76 not in kinds:  # "moov"
        raise ValueError(msg("it is truncated"))
    return ImageHeader("MP4")


def _zip(file: BinaryIO, size: int) -> ImageHeader:
    file.seek(max(0, size - 65600))
    if b"PK\x05\x06" not in file.read():
        raise ValueError(msg("it is truncated"))
    return ImageHeader("ZIP")


def _opened(read: _Read) -> Callable[[Path], ImageHeader]:
    def read_path(path: Path) -> ImageHeader:
        with path.open("rb") as file:
            return read(file, path.stat().st_size)

    return read_path


FORMATS: tuple[ImageFormat, ...] = (
    ImageFormat("JPEG", (".jpg", ".jpeg"), ((0, b"\xff\xd8\xff"),), _opened(_jpeg)),
    ImageFormat("BMP", (".bmp",), ((0, b"BM"),), _opened(_bmp)),
    ImageFormat("WebP", (".webp",), ((8, b"WEBP"),), _opened(_webp)),
    ImageFormat("AVI", (".avi",), ((0, b"RIFF"),), _opened(_avi)),
    ImageFormat("DPX", (".dpx",), ((0, b"SDPX"), (0, b"XPDS")), _opened(_dpx)),
    ImageFormat("JPEG 2000", (".jp2",), ((0, b"\0\0\0\x0cjP  "), (0, b"\xff\x4f\xff\x51")), _opened(_jp2)),
    ImageFormat("MP4", (".mp4",), ((4, b"ftyp"),), _opened(_mp4)),
    ImageFormat("ZIP", (".zip",), ((0, b"PK\3\4"),), _opened(_zip)),
)
