"""Texts that Blender writes into images: PNG, JPEG and OpenEXR have them. Does not use bpy."""

from __future__ import annotations

import os
import shutil
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

Change = Callable[[str, str], list[tuple[str, str]]]
"""From the key and value of a text to those that are written in its place."""

_PNG, _JPEG, _EXR = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\x76\x2f\x31\x01"
_JPEG_PREFIX = b"Blender:"
_MULTIPART = 0x1000
_PATIENCE_SECONDS = 2.0


def rewrite(path: Path, change: Change) -> None:
    """Change the texts of an image; any other or incomplete file stays as it is."""
    changed = path.with_name(path.name + ".part")
    if _write_changed(path, changed, change):
        _replace(changed, path)


def _write_changed(path: Path, changed: Path, change: Change) -> bool:
    """Write a copy of the image with the changed texts; returns False, and writes nothing, if none changes."""
    with path.open("rb") as file:
        try:
            head = _head(file, change)
        except (struct.error, EOFError):
            return False
        rest = file.tell()
        file.seek(0)
        if head == file.read(rest):
            return False
        with changed.open("wb") as target:
            target.write(head)
            shutil.copyfileobj(file, target, 1024 * 1024)
    return True


def _head(file: IO[bytes], change: Change) -> bytes:
    """Everything before the pixel data, with the changed texts; the file is then at the start of that data."""
    start = file.read(8)
    if start == _PNG:
        return _png(file, change)
    if start[:2] == _JPEG:
        file.seek(2)
        return _jpeg(file, change)
    file.seek(0)
    return _exr(file, change) if start[:4] == _EXR else b""


def _replace(source: Path, target: Path) -> None:
    """Replace a file, with retries: Windows refuses while another program, such as a virus scanner, has it open."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            os.replace(source, target)
        except PermissionError:
            if os.name != "nt" or time.monotonic() >= end:
                raise
            time.sleep(0.05)
        else:
            return


def _changed(key: bytes, value: bytes, change: Change) -> list[tuple[bytes, bytes]]:
    pairs = change(key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape"))
    return [(k.encode("utf-8", "surrogateescape"), v.encode("utf-8", "surrogateescape")) for k, v in pairs]


def _png(file: IO[bytes], change: Change) -> bytes:
    """The chunks before the pixel data: Blender writes its texts there."""
    head = [_PNG]
    while True:
        place = file.tell()
        size, kind = struct.unpack(">L4s", file.read(8))
        if kind in (b"IDAT", b"IEND"):
            file.seek(place)
            return b"".join(head)
        data = file.read(size)
        checksum = file.read(4)
        if kind != b"tEXt":
            head.append(struct.pack(">L4s", size, kind) + data + checksum)
            continue
        key, _, value = data.partition(b"\0")
        for pair in _changed(key, value, change):
            text = kind + b"\0".join(pair)
            head.append(struct.pack(">L", len(text) - 4) + text + struct.pack(">L", zlib.crc32(text)))


def _jpeg(file: IO[bytes], change: Change) -> bytes:
    """The segments before the tables; texts are comments such as ``Blender:File:/p/shot.blend``."""
    head = [_JPEG]
    while True:
        place = file.tell()
        marker, size = struct.unpack(">2sH", file.read(4))
        if marker[1] not in (*range(0xE0, 0xF0), 0xFE):
            file.seek(place)
            return b"".join(head)
        data = file.read(size - 2)
        key, colon, value = data.removeprefix(_JPEG_PREFIX).partition(b":")
        if marker[1] != 0xFE or not data.startswith(_JPEG_PREFIX) or not colon:
            head.append(struct.pack(">2sH", marker, size) + data)
            continue
        ending = b"\0" if value.endswith(b"\0") else b""
        for pair in _changed(key, value.removesuffix(b"\0"), change):
            text = _JPEG_PREFIX + b":".join(pair) + ending
            head.append(struct.pack(">2sH", marker, len(text) + 2) + text)


def _exr(file: IO[bytes], change: Change) -> bytes:
    """The headers and the offset table of the pixel data, which moves if a header's size changes."""
    start = file.read(8)
    is_multipart = bool(struct.unpack("<L", start[4:])[0] & _MULTIPART)
    head = [start]
    while (first := _until_zero(file)) or is_multipart:
        head.append(_exr_header(file, first, change) if first else b"\0")
        if not first or not is_multipart:
            break
    text = b"".join(head)
    moved = len(text) - file.tell()
    offsets: list[int] = []
    while not offsets or file.tell() < min(offsets):
        offsets += struct.unpack("<Q", file.read(8))
    return text + struct.pack(f"<{len(offsets)}Q", *(offset + moved for offset in offsets))


def _exr_header(file: IO[bytes], first: bytes, change: Change) -> bytes:
    attributes, name = [], first
    while name:
        kind = _until_zero(file)
        (size,) = struct.unpack("<L", file.read(4))
        value = file.read(size)
        pairs = _changed(name, value, change) if kind == b"string" else [(name, value)]
        attributes += [b"%s\0%s\0%s%s" % (key, kind, struct.pack("<L", len(data)), data) for key, data in pairs]
        name = _until_zero(file)
    return b"".join(attributes) + b"\0"


def _until_zero(file: IO[bytes]) -> bytes:
    found = bytearray()
    while (byte := file.read(1)) != b"\0":
        if not byte:
            raise EOFError
        found += byte
    return bytes(found)
