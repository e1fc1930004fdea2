"""Reads picture and movie files: which kind, how large, does it end where it says, what are its pixels.

Standard library only. What a kind cannot tell without decoding it is left open and said so in docs/reliability.md.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...client.message import msg
from . import exr, exr_pixels, png, tiff
from .black import BRIGHTEST
from .sampling import Samples

_PIECE = 1 << 20
_MAX_PARTS = 100_000
_HDR_SIZE = re.compile(rb"^[-+]Y +(\d{1,9}) +[-+]X +(\d{1,9})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a header says. width, height: 0 when the kind does not tell. is_black: every color is next to zero
    everywhere, as far as we can tell."""

    kind: str
    width: int = 0
    height: int = 0
    is_black: bool = False


def read(path: Path) -> ImageHeader | None:
    """What the file is; None for a kind we do not know. Raises ValueError in words when it is not whole."""
    size = path.stat().st_size
    if not size:
        raise ValueError(msg("it is empty"))
    with path.open("rb") as file:
        head = file.read(32)
        for magic, offset, reader in _READERS:
            if head[offset : offset + len(magic)] == magic:
                return _whole(reader, path, file, size)
    wanted = KINDS_BY_SUFFIX.get(path_suffix(path))
    if wanted is not None:
        raise ValueError(msg("it is not a {kind} file", kind=wanted))
    return None


def sample(path: Path) -> Samples | None:
    """Pixels of the picture; None for a kind that we cannot unpack. Raises OSError, and ValueError when damaged."""
    with path.open("rb") as file:
        head = file.read(32)
    for magic, sampler in _SAMPLERS.items():
        if head.startswith(magic):
            try:
                return sampler(path)
            except (struct.error, IndexError, OverflowError):
                raise ValueError(msg("it is truncated")) from None
    return None


def path_suffix(path: Path) -> str:
    """The suffix of the file's own name, also while it has its temporary one (see `paths.partial`)."""
    return Path(path.name.removesuffix(".farmhand-part")).suffix.lower()


def _whole(reader: Callable[[Path, BinaryIO, int], ImageHeader], path: Path, file: BinaryIO, size: int) -> ImageHeader:
    try:
        return reader(path, file, size)
    except (struct.error, IndexError, OverflowError):
        raise ValueError(msg("it is truncated")) from None


def _take(file: BinaryIO, at: int, layout: str) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _png(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    picture = png.read(path)
    return ImageHeader("PNG", picture.width, picture.height, picture.is_black)


def _jpeg(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    file.seek(max(0, size - 64))
    if b"\xff\xd9" not in file.read():
        raise ValueError(msg("it is truncated"))
    at = 2
    for _ in range(_MAX_PARTS):
        mark, kind, length = _take(file, at, ">BBH")
        if mark != 0xFF or length < 2:
            raise ValueError(msg("its parts are out of order"))
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            _, height, width = _take(file, at + 4, ">BHH")
            return ImageHeader("JPEG", width, height)
        at += 2 + length
    raise ValueError(msg("its parts are out of order"))


def _exr(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    picture = exr.read(file, size)
    is_black = picture.is_black or exr_pixels.is_black(path)
    return ImageHeader("OpenEXR", picture.width, picture.height, is_black)


def _tiff(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    picture = tiff.read(file, size)
    return ImageHeader("TIFF", picture.width, picture.height, picture.is_black)


def _bmp(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    stated, start, width, height, bits, packing = _take(file, 2, "<I4xI4xii2xHI")
    if stated > size:
        raise ValueError(msg("it is truncated"))
    return ImageHeader("BMP", width, abs(height), bits == 24 and packing == 0 and _is_dark_from(file, start))


def _is_dark_from(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    pieces = iter(lambda: file.read(_PIECE), b"")
    return not any(piece.strip(bytes(range(BRIGHTEST + 1))) for piece in pieces)


def _riff(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    (stated,) = _take(file, 4, "<I")
    kind = "WebP" if _take(file, 8, ">I")[0] == 0x57454250 else "AVI"
    if stated + 8 > size:
        raise ValueError(msg("it is truncated"))
    return ImageHeader(kind)


def _dpx(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    order = ">" if _take(file, 0, ">I")[0] == 0x53445058 else "<"
    (stated,) = _take(file, 16, f"{order}I")
    width, height = _take(file, 772, f"{order}II")
    if stated not in (0, 0xFFFFFFFF) and stated > size:
        raise ValueError(msg("it is truncated"))
    return ImageHeader("DPX", width, height)


def _hdr(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    file.seek(0)
    found = _HDR_SIZE.search(file.read(_PIECE))
    if found is None:
        raise ValueError(msg("its header is damaged"))
    return ImageHeader("Radiance HDR", int(found[2]), int(found[1]))


def _jp2(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    file.seek(max(0, size - 2))
    if file.read() != b"\xff\xd9":
        raise ValueError(msg("it is truncated"))
    return ImageHeader("JPEG 2000")


def _mp4(path: Path, file: BinaryIO, size: int) -> ImageHeader:
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


def _zip(path: Path, file: BinaryIO, size: int) -> ImageHeader:
    file.seek(max(0, size - 65600))
    if b"PK\x05\x06" not in file.read():
        raise ValueError(msg("it is truncated"))
    return ImageHeader("ZIP")


_READERS: tuple[tuple[bytes, int, Callable[[Path, BinaryIO, int], ImageHeader]], ...] = (
    (png.SIGNATURE, 0, _png),
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"v/1\x01", 0, _exr),
    (b"II*\0", 0, _tiff),
    (b"MM\0*", 0, _tiff),
    (b"BM", 0, _bmp),
    (b"RIFF", 0, _riff),
    (b"SDPX", 0, _dpx),
    (b"XPDS", 0, _dpx),
    (b"#?RADIANCE", 0, _hdr),
    (b"\0\0\0\x0cjP  ", 0, _jp2),
    (b"\xff\x4f\xff\x51", 0, _jp2),
    (b"ftyp", 4, _mp4),
    (b"PK\x03\x04", 0, _zip),
)
_SAMPLERS: dict[bytes, Callable[[Path], Samples | None]] = {
    png.SIGNATURE: png.sample,
    b"v/1\x01": exr_pixels.sample,
    b"II*\0": tiff.sample,
    b"MM\0*": tiff.sample,
}
KINDS_BY_SUFFIX = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".exr": "OpenEXR",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".webp": "WebP",
    ".avi": "AVI",
    ".dpx": "DPX",
    ".hdr": "Radiance HDR",
    ".jp2": "JPEG 2000",
    ".mp4": "MP4",
    ".zip": "ZIP",
}
