"""A zip that is never written: its bytes are worked out from the files that it holds while they are sent.

Everything is stored, and sizes and checksums are known before: so the size is, any part of it can be asked for, and the
same files give the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 1024 * 1024
_LARGE = 0xFFFFFFFF
_MANY = 0xFFFF
_UTF8 = 0x0800
_DATE = 0x0021
"""1 January 1980: the zip's bytes do not depend on when a frame was rendered."""


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
            directory.append(_directory_entry(member, self.size))
            self._add(_local_header(member), len(_local_header(member)))
            self._add(member, member.bytes)
        start = self.size
        entries = b"".join(directory)
        self._add(entries, len(entries))
        end = _end(len(directory), start, len(entries))
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


def _local_header(member: Member) -> bytes:
    name, is_large = member.name.encode(), member.bytes >= _LARGE
    extra = struct.pack("<2H2Q", 1, 16, member.bytes, member.bytes) if is_large else b""
    size = _LARGE if is_large else member.bytes
    version = 45 if is_large else 20
    fields = (version, _UTF8, 0, 0, _DATE, member.crc32, size, size, len(name), len(extra))
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name + extra


def _directory_entry(member: Member, offset: int) -> bytes:
    name = member.name.encode()
    is_large, is_far = member.bytes >= _LARGE, offset >= _LARGE
    numbers = ([member.bytes, member.bytes] if is_large else []) + ([offset] if is_far else [])
    extra = struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    version = 45 if numbers else 20
    size = _LARGE if is_large else member.bytes
    fields = (version, version, _UTF8, 0, 0, _DATE, member.crc32, size, size, len(name), len(extra), 0, 0, 0, 0)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields, _LARGE if is_far else offset) + name + extra


def _end(count: int, start: int, size: int) -> bytes:
    """What closes the zip; start, size: of the directory."""
    large = b""
    if start >= _LARGE or size >= _LARGE or count >= _MANY:
        large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        large += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    few = min(count, _MANY)
    return large + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, min(size, _LARGE), min(start, _LARGE), 0)
