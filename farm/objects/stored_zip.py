"""A zip that is never written: its bytes are worked out from the files that it holds while they are sent.

Everything is stored, and sizes and checksums are known before: so the size is, any part of it can be asked for, and the
same files give the same bytes.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ...jobs.folder import zip_records

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file. name: in the zip, with slashes. open: the file from its start. crc32: of its bytes."""

    name: str
    open: Callable[[], BinaryIO]
    bytes: int
    crc32: int


class Gone(OSError):
    """A file is no longer there, or has another size."""


class StoredZip:
    """size: of the whole, in bytes. tag: differs when anything in it does."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._pieces: list[bytes | Member] = []
        self._starts: list[int] = []
        self.size = 0
        directory = []
        for member in members:
            directory.append(
                zip_records.directory_entry(member.name, member.bytes, member.crc32, self.size, has_descriptor=False)
            )
            header = zip_records.local_header(member.name, member.bytes, member.crc32)
            self._add(header, len(header))
            self._add(member, member.bytes)
        start = self.size
        entries = b"".join(directory)
        self._add(entries, len(entries))
        end = zip_records.end(len(directory), start, len(entries))
        self._add(end, len(end))
        self.tag = f"{zlib.crc32(entries):08x}-{self.size:x}"

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from start up to stop. Raises Gone."""
        place = bisect_right(self._starts, start) - 1
        while start < stop:
            piece, offset = self._pieces[place], start - self._starts[place]
            size = len(piece) if isinstance(piece, bytes) else piece.bytes
            until = min(size, offset + stop - start)
            if isinstance(piece, bytes):
                yield piece[offset:until]
            else:
                yield from _read(piece, offset, until)
            start += until - offset
            place += 1

    def _add(self, piece: bytes | Member, size: int) -> None:
        if size:
            self._pieces.append(piece)
            self._starts.append(self.size)
            self.size += size


def _read(member: Member, start: int, stop: int) -> Iterator[bytes]:
    with member.open() as file:
        file.seek(start)
        while start < stop:
            chunk = file.read(min(CHUNK, stop - start))
            if not chunk:
                raise Gone(f"{member.name} is shorter than it was")
            start += len(chunk)
            yield chunk
