"""A zip that is never written to disk: its exact size is known at once, its bytes are made while they are sent.

Everything is stored uncompressed, so that no asset is compressed or copied before the upload begins; checksums follow
the data, as zip allows. The same files give the same bytes. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ...client.errors import LocalProblem
from ...client.message import msg
from . import zip_records
from .manifest import Entry

CHUNK = 1024 * 1024


def size_of(entries: Iterable[Entry]) -> int:
    """How many bytes a `ZipStream` will make."""
    total, directory, count = 0, 0, 0
    for entry in entries:
        around = len(zip_records.local_header(entry.path, entry.bytes, None)) + len(
            zip_records.descriptor(entry.bytes, 0)
        )
        directory += len(_directory_entry(entry, 0, total))
        total += around + entry.bytes
        count += 1
    return total + directory + len(zip_records.end(count, total, directory))


def check(folder: Path, entries: Iterable[Entry]) -> None:
    """Check that every file is there and is what was packed. Raises LocalProblem, OSError."""
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
            yield self._count(zip_records.local_header(entry.path, entry.bytes, None))
            checksum, digest = 0, hashlib.sha256()
            for chunk in self._data(entry):
                checksum = zlib.crc32(chunk, checksum)
                digest.update(chunk)
                yield self._count(chunk)
            yield self._count(zip_records.descriptor(entry.bytes, checksum))
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
                    if not left:  # a file written meanwhile may be half old, half new
                        _check_same(entry, path, os.fstat(file.fileno()))
                    yield chunk
        except OSError as error:
            raise LocalProblem(
                msg("{path} can no longer be read ({reason}).", path=path, reason=error.strerror),
                "The package would be incomplete, so the upload was stopped. Nothing was rendered.",
                "Restore the file and submit the scene again.",
            ) from error

    def _end(self, directory: list[bytes]) -> Iterator[bytes]:
        start = self._offset
        for record in directory:
            yield self._count(record)
        yield zip_records.end(len(directory), start, self._offset - start)


def _directory_entry(entry: Entry, checksum: int, offset: int) -> bytes:
    return zip_records.directory_entry(entry.path, entry.bytes, checksum, offset, has_descriptor=True)


def _check_same(entry: Entry, path: Path, status: os.stat_result) -> None:
    if (status.st_size, status.st_mtime_ns) != (entry.bytes, entry.modified_ns):
        raise _changed(path)


def _changed(path: Path) -> LocalProblem:
    return LocalProblem(
        msg("{path} has changed since the scene was packed.", path=path),
        "The package would differ from what was checked, so the upload was stopped. Nothing was rendered.",
        "Submit the scene again once the file has stopped changing.",
    )
