"""Unpacks an uploaded zip: one .blend at its root, everything else below, nothing outside the folder."""

from __future__ import annotations

import errno
import shutil
import stat
import struct
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from ....client.files import remove_tree
from ....jobs.folder import path_limits
from ....jobs.folder.device_names import is_device
from ... import plain_json

MAX_ENTRIES = 100_000
MAX_DEPTH = 32
MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 1024
_DIRECTORY_BYTES = 64 * 1024 * 1024
_ZIP64_END_BYTES = 56
_END_BYTES = _ZIP64_END_BYTES + 20 + 22
_ENTRY = b"PK\1\2"
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_ADVICE = "Submit the file again with Farmhand, or zip it with exactly one .blend at the top."
_CHUNK = 1024 * 1024
_OF_THE_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, IndexError, struct.error,
    OverflowError,
)  # fmt: skip
"""What zipfile raises for damaged archives; RuntimeError is for an encrypted entry."""
_OF_A_NAME = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ})


class BadPackage(Exception):
    """name: for the artist, what is wrong and what to do."""

    def __init__(self, what: str, advice: str = _ADVICE) -> None:
        self.name = plain_json.name(f"{what}  {advice}".strip())  # a stranger has named the zip's entries
        super().__init__(self.name)


def unpack(archive: Path, folder: Path, limit: int) -> Path:
    """Unpack into the folder, which is emptied first, and return the .blend at the root.

    Args:
        archive: untrusted.
        folder: nothing is written outside of it.
        limit: bytes that may be unpacked; counted while writing, since a zip can lie about its sizes.

    Raises:
        BadPackage: not a zip that this farm accepts.
        OSError: a fault of the disk.
    """
    remove_tree(folder)
    folder.mkdir(parents=True)
    try:
        with _opened(archive) as package:
            entries = [entry for entry in package.infolist() if not entry.filename.endswith("/")]
            blend = _only_blend(entries)
            if len(entries) > MAX_ENTRIES:
                raise BadPackage(f"The zip holds {len(entries):,} files, and this farm takes {MAX_ENTRIES:,}.")
            _check_space(folder, sum(entry.file_size for entry in entries), limit)
            left = limit
            for entry in entries:
                left -= _extract(package, entry, _target(folder, entry), left)
            return folder / blend
    except _OF_THE_ARCHIVE as error:
        raise BadPackage(f"The zip cannot be unpacked ({error or type(error).__name__}).") from error
    except OSError as error:
        # bz2 reports damaged data as an OSError without an errno.
        if error.errno is not None and error.errno not in _OF_A_NAME:
            raise
        raise BadPackage(f"The zip cannot be unpacked ({error.strerror or error}).") from error


def unpacked_bytes(archive: Path) -> int:
    """How many bytes come out of a zip at most: zipfile reads no more of an entry than its directory announces.

    Raises BadPackage, OSError.
    """
    try:
        with _opened(archive) as package:
            return sum(entry.file_size for entry in package.infolist())
    except _OF_THE_ARCHIVE as error:
        raise BadPackage(f"The zip cannot be unpacked ({error or type(error).__name__}).") from error


def _opened(archive: Path) -> zipfile.ZipFile:
    with archive.open("rb") as file:
        check_directory(file)
    return zipfile.ZipFile(archive)


def is_blend(name: str) -> bool:
    """Whether this is the name of a .blend file; “.blend” alone is a hidden file without a suffix."""
    return PurePosixPath(name).suffix.lower() == ".blend"


def _only_blend(entries: list[zipfile.ZipInfo]) -> str:
    names = [entry.filename for entry in entries]
    at_root = [name for name in names if "/" not in name and is_blend(name)]
    if len(at_root) != 1:
        found = "none" if not at_root else str(len(at_root))
        raise BadPackage(f"The zip must have exactly one .blend at its top, and there are {found}.")
    return at_root[0]


def check_directory(file: IO[bytes]) -> None:
    """Limit a zip's central directory, which is read into memory at once, to what real packages have.

    Call before ZipFile reads a stranger's archive. Raises BadPackage, zipfile.BadZipFile, struct.error, OSError.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557 - 20))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + 20 > len(tail):
        raise zipfile.BadZipFile("File is not a zip file")
    (length,) = struct.unpack_from("<I", tail, at + 12)
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\6\7":
        length = 0 if length == 0xFFFFFFFF else length
        (named,) = struct.unpack_from("<Q", tail, locator + 8)
        before_locator = size - len(tail) + locator - _ZIP64_END_BYTES  # where Pythons look that ignore `named`
        for where in (named, before_locator):
            file.seek(max(0, min(where, size)))
            length = max(length, *struct.unpack_from("<Q", file.read(_ZIP64_END_BYTES), 40))
    if length > _DIRECTORY_BYTES or _entries_at_end(file, size, length) > MAX_ENTRIES:
        raise BadPackage("The zip's list of files is longer than this farm accepts.")


def _entries_at_end(file: IO[bytes], size: int, length: int) -> int:
    """The number of entries in a central directory of this length, by their signatures: a zip's own count may be a lie.

    File contents are not searched: only the directory precedes the zip's end, apart from a few bytes.
    """
    begin = max(0, size - length - _END_BYTES)
    file.seek(begin)
    count, last = 0, b""
    while chunk := file.read(_CHUNK):
        count += (last + chunk).count(_ENTRY)
        last = chunk[1 - len(_ENTRY) :]
    return count


def _check_space(folder: Path, needed: int, limit: int) -> None:
    """A zip that needs more than is free waits like any other shortage; one that lies fails when the disk is full."""
    if needed <= limit and needed > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, "the package does not fit")


def _target(folder: Path, entry: zipfile.ZipInfo) -> Path:
    name = entry.filename
    parts = PurePosixPath(name).parts
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if not parts or name.startswith("/") or ".." in parts or any(c in name for c in "\\:\0") or is_link:
        raise BadPackage(f"The zip holds “{name[:200]}”, which does not stay inside its folder.")
    if len(parts) > MAX_DEPTH or len(name.encode()) > MAX_PATH_BYTES:
        raise BadPackage(f"The zip holds “{name[:80]}…”, which is deeper than {MAX_DEPTH} folders or is too long.")
    if any(len(part.encode()) > MAX_NAME_BYTES or plain_json.name(part) != part for part in parts):
        raise BadPackage(f"The zip holds “{name[:200]}”, which is not a valid file name.")
    if entry.compress_type not in METHODS:
        raise BadPackage(f"The zip holds “{name[:200]}”, compressed in a way that this farm does not support.")
    target = folder.joinpath(*parts)
    if sys.platform == "win32" and any(map(is_device, parts)):
        raise BadPackage(f"The zip holds “{name[:200]}”, which is the name of a device on Windows.")
    if path_limits.length(target) > path_limits.LONGEST:
        raise BadPackage(
            f"The path of “{name[-80:]}” would be too long on this farm, whose folder is {folder}: use shorter folder "
            "names, or start the farm with a shorter --data folder."
        )
    return target


def _extract(package: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with package.open(entry) as source, target.open("xb") as sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > left:
                raise BadPackage("The zip unpacks to more than this farm accepts.")
            sink.write(chunk)
    return written
