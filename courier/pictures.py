"""Reads the headers of picture and movie files: which kind, how large, does it end where it says.

Standard library only.  What a kind cannot tell without decoding it is left open and said so in docs/reliability.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from . import png


@dataclass(frozen=True, slots=True)
class Picture:
    """What a header says.  width, height: 0 when the kind does not tell.  is_black: every color is zero everywhere;
    only known of a PNG."""

    kind: str
    width: int = 0
    height: int = 0
    is_black: bool = False


def read(path: Path) -> Picture | None:
    """What the file is; None for a kind we do not know.  Raises ValueError in words when it is not whole."""
    size = path.stat().st_size
    if not size:
        raise ValueError("it is empty")
    with path.open("rb") as file:
        head = file.read(32)
        for magic, offset, reader in _READERS:
            if head[offset : offset + len(magic)] == magic:
                return _whole(reader, path, file, size)
    wanted = KINDS_BY_SUFFIX.get(path_suffix(path))
    if wanted is not None:
        raise ValueError(f"it is not a {wanted} file")
    return None


def path_suffix(path: Path) -> str:
    """The suffix of the file's own name, also while it has its temporary one (see `paths.partial`)."""
    return Path(path.name.removesuffix(".farmhand-part")).suffix.lower()


def _whole(reader: Callable[[Path, BinaryIO, int], Picture], path: Path, file: BinaryIO, size: int) -> Picture:
    try:
        return reader(path, file, size)
    except (struct.error, IndexError, OverflowError):
        raise ValueError("it ends too early") from None


def _take(file: BinaryIO, at: int, layout: str) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _png(path: Path, file: BinaryIO, size: int) -> Picture:
    picture = png.read(path)
    return Picture("PNG", picture.width, picture.height, picture.is_black)


def _jpeg(path: Path, file: BinaryIO, size: int) -> Picture:
    file.seek(max(0, size - 64))
    if b"\xff\xd9" not in file.read():
        raise ValueError("it ends too early")
    at = 2
    while True:
        mark, kind, length = _take(file, at, ">BBH")
        if mark != 0xFF:
            raise ValueError("its parts do not follow each other")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            _, height, width = _take(file, at + 4, ">BHH")
            return Picture("JPEG", width, height)
        at += 2 + length


def _exr(path: Path, file: BinaryIO, size: int) -> Picture:
    """The first part's window, and a table of chunks of which none lies beyond the file's end or is missing."""
    (version,) = _take(file, 4, "<I")
    multipart = bool(version & 0x1000)
    file.seek(8)
    windows, chunks = [], 0
    while True:
        attributes = _exr_header(file)
        if attributes is None:
            break
        window = struct.unpack("<4i", attributes["dataWindow"])
        windows.append(window)
        chunks += _exr_chunks(attributes, window)
        if not multipart:
            break
    if not windows:
        raise ValueError("it holds no picture")
    offsets = struct.unpack(f"<{chunks}Q", file.read(8 * chunks)) if chunks else ()
    if any(not offset or offset + 8 > size for offset in offsets):
        raise ValueError("parts of the picture are missing")
    left, top, right, bottom = windows[0]
    return Picture("OpenEXR", right - left + 1, bottom - top + 1)


def _exr_header(file: BinaryIO) -> dict[str, bytes] | None:
    attributes: dict[str, bytes] = {}
    while name := _exr_text(file):
        kind = _exr_text(file)
        (size,) = struct.unpack("<I", file.read(4))
        value = file.read(size) if size < (1 << 24) else b""
        attributes[name.decode("latin-1")] = value
        if not kind or len(value) != size:
            raise ValueError("its header is damaged")
    if attributes and "dataWindow" not in attributes:
        raise ValueError("its header is damaged")
    return attributes or None


def _exr_text(file: BinaryIO) -> bytes:
    text = b""
    while (letter := file.read(1)) != b"\0":
        if not letter or len(text) > 255:
            raise ValueError("its header is damaged")
        text += letter
    return text


def _exr_chunks(attributes: dict[str, bytes], window: tuple[int, ...]) -> int:
    if "chunkCount" in attributes:
        return int(struct.unpack("<i", attributes["chunkCount"])[0])
    if "tiles" in attributes:
        return 0  # the count depends on tile levels; Blender writes lines
    lines = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}.get(attributes["compression"][0], 0)
    return -(-(window[3] - window[1] + 1) // lines) if lines else 0


def _tiff(path: Path, file: BinaryIO, size: int) -> Picture:
    order = "<" if _take(file, 0, "<H")[0] == 0x4949 else ">"
    (table,) = _take(file, 4, f"{order}I")
    (count,) = _take(file, table, f"{order}H")
    found: dict[int, list[int]] = {}
    for entry in range(count):
        tag, kind, number = _take(file, table + 2 + 12 * entry, f"{order}HHI")
        if tag in (256, 257, 273, 279):
            found[tag] = _tiff_values(file, order, table + 2 + 12 * entry + 8, kind, number)
    ends = [start + length for start, length in zip(found.get(273, []), found.get(279, []), strict=False)]
    if not ends or max(ends) > size:
        raise ValueError("parts of the picture are missing")
    return Picture("TIFF", found.get(256, [0])[0], found.get(257, [0])[0])


def _tiff_values(file: BinaryIO, order: str, at: int, kind: int, number: int) -> list[int]:
    letter = {3: "H", 4: "I"}.get(kind, "I")
    if struct.calcsize(letter) * number > 4:
        (at,) = _take(file, at, f"{order}I")
    return list(_take(file, at, f"{order}{number}{letter}"))


def _bmp(path: Path, file: BinaryIO, size: int) -> Picture:
    stated, _, width, height = _take(file, 2, "<I8xIii")
    if stated > size:
        raise ValueError("it ends too early")
    return Picture("BMP", width, abs(height))


def _riff(path: Path, file: BinaryIO, size: int) -> Picture:
    (stated,) = _take(file, 4, "<I")
    kind = "WebP" if _take(file, 8, ">I")[0] == 0x57454250 else "AVI"
    if stated + 8 > size:
        raise ValueError("it ends too early")
    return Picture(kind)


def _dpx(path: Path, file: BinaryIO, size: int) -> Picture:
    order = ">" if _take(file, 0, ">I")[0] == 0x53445058 else "<"
    (stated,) = _take(file, 16, f"{order}I")
    width, height = _take(file, 772, f"{order}II")
    if stated not in (0, 0xFFFFFFFF) and stated > size:
        raise ValueError("it ends too early")
    return Picture("DPX", width, height)


def _hdr(path: Path, file: BinaryIO, size: int) -> Picture:
    file.seek(0)
    for line in iter(file.readline, b""):
        words = line.split()
        if len(words) == 4 and words[0] in (b"-Y", b"+Y"):
            return Picture("Radiance HDR", int(words[3]), int(words[1]))
    raise ValueError("its header is damaged")


def _jp2(path: Path, file: BinaryIO, size: int) -> Picture:
    file.seek(max(0, size - 2))
    if file.read() != b"\xff\xd9":
        raise ValueError("it ends too early")
    return Picture("JPEG 2000")


def _mp4(path: Path, file: BinaryIO, size: int) -> Picture:
    at, kinds = 0, set()
    while at + 8 <= size:
        length, kind = _take(file, at, ">II")
        if length == 1:
            (length,) = _take(file, at + 8, ">Q")
        kinds.add(kind)
        at += length or size - at
    if at != size or 0x6D6F6F76 not in kinds:  # "moov"
        raise ValueError("it ends too early")
    return Picture("MP4")


def _zip(path: Path, file: BinaryIO, size: int) -> Picture:
    file.seek(max(0, size - 65600))
    if b"PK\x05\x06" not in file.read():
        raise ValueError("it ends too early")
    return Picture("ZIP")


_READERS: tuple[tuple[bytes, int, Callable[[Path, BinaryIO, int], Picture]], ...] = (
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
