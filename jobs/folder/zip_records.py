"""The records around the files of an uncompressed zip: headers, the directory, its end; ZIP64 where needed.

The same files give the same bytes: no record holds a time. Standard library only.
"""

from __future__ import annotations

import struct

LARGE = 0xFFFFFFFF
"""From this size or offset on, numbers are in a ZIP64 field."""
_MANY = 0xFFFF
_UTF8 = 0x0800
_CHECKSUM_FOLLOWS = 0x0008
_DATE = 0x0021
"""1 January 1980: real times would make the output differ."""


def local_header(name: str, size: int, checksum: int | None) -> bytes:
    """The local header of a file.

    Args:
        name: in the zip.
        size: bytes.
        checksum: CRC-32; None if a `descriptor` with it follows the file.
    """
    path, is_large = name.encode(), size >= LARGE
    told = size if checksum is not None else 0
    extra = struct.pack("<2H2Q", 1, 16, told, told) if is_large else b""
    small = LARGE if is_large else told
    fields = (45 if is_large else 20, _flags(checksum), 0, 0, _DATE, checksum or 0, small, small, len(path), len(extra))
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + path + extra


def descriptor(size: int, checksum: int) -> bytes:
    """The record after a file whose header has no checksum."""
    return struct.pack("<4sL2Q" if size >= LARGE else "<4s3L", b"PK\7\10", checksum, size, size)


def directory_entry(name: str, size: int, checksum: int, offset: int, *, has_descriptor: bool) -> bytes:
    """A file's entry in the directory.

    Args:
        name: in the zip.
        size: bytes.
        checksum: CRC-32.
        offset: of its local header.
        has_descriptor: whether a descriptor follows the file.
    """
    path = name.encode()
    is_large, is_far = size >= LARGE, offset >= LARGE
    numbers = ([size, size] if is_large else []) + ([offset] if is_far else [])
    extra = struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    version, small = 45 if numbers else 20, LARGE if is_large else size
    flags = _flags(None if has_descriptor else checksum)
    fields = (version, version, flags, 0, 0, _DATE, checksum, small, small, len(path), len(extra), 0, 0, 0, 0)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields, LARGE if is_far else offset) + path + extra


def end(count: int, start: int, size: int) -> bytes:
    """The end of the directory, which ends the zip.

    Args:
        count: files.
        start: offset of the directory.
        size: bytes of the directory.
    """
    large = b""
    if start >= LARGE or size >= LARGE or count >= _MANY:
        large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        large += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    few = min(count, _MANY)
    return large + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, min(size, LARGE), min(start, LARGE), 0)


def _flags(checksum: int | None) -> int:
    return _UTF8 | (0 if checksum is not None else _CHECKSUM_FOLLOWS)
