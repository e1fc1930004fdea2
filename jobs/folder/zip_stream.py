"""A zip that is never written to disk: its exact size is known at once, its bytes are made while they are sent.

Everything is stored, so that no asset is compressed or copied before the first byte leaves; checksums follow the data,
as zip allows. The same files give the same bytes. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ...client.errors import LocalProblem
from ...client.message import msg
from .manifest import Entry

CHUNK = 1024 * 1024
_LARGE = 0xFFFFFFFF
_FLAGS = 0x0808
"""The checksum follows the data; names are UTF-8."""
_DATE = 0x0021
"""1 January 1980: time stamps would make the same input differ."""


def size_of(entries: Iterable[Entry]) -> int:
    """How many bytes `stream` will make."""
    total, directory, count = 0, 0, 0
    for entry in entries:
        name = len(entry.path.encode())
        large, far = entry.bytes >= _LARGE, total >= _LARGE
        total += 30 + name + (20 if large else 0) + entry.bytes + (24 if large else 16)
        directory += 46 + name + _extra_size(large, far)
        count += 1
    needs64 = total >= _LARGE or directory >= _LARGE or count >= 0xFFFF
    return total + directory + (76 if needs64 else 0) + 22


def check(folder: Path, entries: Iterable[Entry]) -> None:
    """Every file is there and what was packed. Raises LocalProblem, OSError."""
    for entry in entries:
        path = entry.on_disk(folder)
        _check_same(entry, path, path.stat())


class ZipStream:
    """One pass over the files. When `chunks` is exhausted, `entries` hold the checksums."""

    def __init__(self, name: str, folder: Path, entries: Iterable[Entry]) -> None:
        self.name = name
        self.entries = tuple(entries)
        self.size = size_of(self.entries)
        self._folder = folder
        self._offset = 0

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the zip, from the start. Raises LocalProblem when a file is gone or has changed."""
        self._offset = 0
        directory: list[bytes] = []
        read: list[Entry] = []
        for entry in self.entries:
            start = self._offset
            yield self._count(_local_header(entry))
            checksum, digest = 0, hashlib.sha256()
            for chunk in self._data(entry):
                checksum = zlib.crc32(chunk, checksum)
                digest.update(chunk)
                yield self._count(chunk)
            yield self._count(_descriptor(entry, checksum))
            directory.append(_directory_entry(entry, checksum, start))
            read.append(replace(entry, sha256=digest.hexdigest()))
        yield from self._end(directory)
        self.entries = tuple(read)

    def _count(self, data: bytes) -> bytes:
        self._offset += len(data)
        return data

    def _data(self, entry: Entry) -> Iterator[bytes]:
        path = entry.on_disk(self._folder)
        try:
            with path.open("rb", buffering=0) as file:
                _check_same(entry, path, os.fstat(file.fileno()))
                left = entry.bytes
                while left:
                    chunk = file.read(min(CHUNK, left))
                    if not chunk:
                        raise _changed(path)
                    left -= len(chunk)
                    if not left:  # what was written meanwhile may be half old, half new
                        _check_same(entry, path, os.fstat(file.fileno()))
                    yield chunk
        except OSError as error:
            raise LocalProblem(
                msg("{path} can no longer be read ({reason}).", path=path, reason=error.strerror),
                "The package would be incomplete, so the upload was stopped. Nothing was rendered.",
                "Restore the file and submit the scene again.",
            ) from error

    def _end(self, directory: list[bytes]) -> Iterator[bytes]:
        start, count = self._offset, len(directory)
        for record in directory:
            yield self._count(record)
        size = self._offset - start
        if start >= _LARGE or size >= _LARGE or count >= 0xFFFF:
            end64 = self._offset
            yield struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
            yield struct.pack("<4sLQL", b"PK\6\7", 0, end64, 1)
        small = min(count, 0xFFFF)
        yield struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, small, small, min(size, _LARGE), min(start, _LARGE), 0)


def _local_header(entry: Entry) -> bytes:
    name = entry.path.encode()
    if entry.bytes < _LARGE:
        return struct.pack("<4s5H3L2H", b"PK\3\4", 20, _FLAGS, 0, 0, _DATE, 0, 0, 0, len(name), 0) + name
    extra = struct.pack("<2H2Q", 1, 16, 0, 0)
    header = struct.pack("<4s5H3L2H", b"PK\3\4", 45, _FLAGS, 0, 0, _DATE, 0, _LARGE, _LARGE, len(name), len(extra))
    return header + name + extra


def _descriptor(entry: Entry, checksum: int) -> bytes:
    layout = "<4sL2Q" if entry.bytes >= _LARGE else "<4s3L"
    return struct.pack(layout, b"PK\7\10", checksum, entry.bytes, entry.bytes)


def _directory_entry(entry: Entry, checksum: int, offset: int) -> bytes:
    name = entry.path.encode()
    large, far = entry.bytes >= _LARGE, offset >= _LARGE
    fields = ([entry.bytes, entry.bytes] if large else []) + ([offset] if far else [])
    extra = struct.pack(f"<2H{len(fields)}Q", 1, 8 * len(fields), *fields) if fields else b""
    needed = 45 if fields else 20
    size = _LARGE if large else entry.bytes
    record = struct.pack(
        "<4s6H3L5H2L",
        b"PK\1\2",
        needed,
        needed,
        _FLAGS,
        0,
        0,
        _DATE,
        checksum,
        size,
        size,
        len(name),
        len(extra),
        0,
        0,
        0,
        0,
        _LARGE if far else offset,
    )
    return record + name + extra


def _extra_size(large: bool, far: bool) -> int:
    count = (2 if large else 0) + (1 if far else 0)
    return 4 + 8 * count if count else 0


def _check_same(entry: Entry, path: Path, status: os.stat_result) -> None:
    if (status.st_size, status.st_mtime_ns) != (entry.bytes, entry.modified_ns):
        raise _changed(path)


def _changed(path: Path) -> LocalProblem:
    return LocalProblem(
        msg("{path} has changed since the scene was packed.", path=path),
        "The package would differ from what was checked, so the upload was stopped. Nothing was rendered.",
        "Submit the scene again once the file has stopped changing.",
    )
