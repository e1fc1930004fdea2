"""Which Blender saved a file, read from its first bytes: a Blender that is too old for a file may not notice."""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from typing import IO

import zstandard

from ..objects.objects import CannotReach
from ..render.packages.unpack import METHODS, BadPackage, check_directory, is_blend

_HEADER = re.compile(rb"BLENDER(?:\d\d)?[-_](?:\d\d)?[vV](\d{3,4})")
_BYTES = 64
_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_UNREADABLE = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, zstandard.ZstdError, struct.error,
    zipfile.BadZipFile, BadPackage,
)  # fmt: skip


def of_package(file: IO[bytes], kind: str) -> str:
    """Major and minor, as in "5.0"; "" if unknown. kind: "blend" or "zip". Raises CannotReach."""
    try:
        if kind != "zip":
            return _version(file)
        check_directory(file)
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if "/" not in entry.filename and is_blend(entry.filename)]
            if len(entries) == 1 and entries[0].compress_type in METHODS:
                with archive.open(entries[0]) as member:
                    return _version(member)
    except CannotReach:  # that says nothing about the file
        raise
    except _UNREADABLE:
        pass
    return ""


def _version(file: IO[bytes]) -> str:
    """Blender compresses with zstd; before 3.0 it used gzip."""
    start = file.read(len(_ZSTD))
    file.seek(0)
    if start == _ZSTD:
        header = zstandard.ZstdDecompressor().stream_reader(file).read(_BYTES)
    elif start.startswith(_GZIP):
        with gzip.open(file) as inside:
            header = inside.read(_BYTES)
    else:
        header = file.read(_BYTES)
    found = _HEADER.match(header)
    if found is None:
        return ""
    digits = found[1].decode()
    return f"{int(digits[:-2])}.{int(digits[-2:])}"
