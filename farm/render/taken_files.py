"""Takes files out of a folder that a stranger's scene has written to: only plain files, without following links."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from pathlib import Path

from ...client import files

_PIECE = 1024 * 1024
_AT_ONCE = 256 * 1024 * 1024
_CANNOT_COPY_INSIDE = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})
_OF_THE_WORKER = frozenset({
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG,
    errno.EINVAL, errno.EILSEQ,
})  # fmt: skip
"""Errors that come from a path that a worker has chosen, or from what it has put there."""


class NotAFile(Exception):
    """What the worker reported is not there, is a folder, a link or a device, or a file with several hard links."""


def take(folder: Path, relative: str, target: Path) -> None:
    """Move a file to a place where the worker cannot reach it, as a copy: it may have kept its own file open.

    Args:
        folder: the worker's, where it can create links at any moment.
        relative: below the folder, with slashes, checked by worker_answers.
        target: on the same disk; its folder is made.

    Raises:
        NotAFile: it is not a plain file.
        OSError: the disk failed.
    """
    moved = target.with_name(secrets.token_hex(16))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(folder, relative, moved)
        found = moved.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise NotAFile(relative)
        files.remove(target, missing_ok=True)  # left by a farm that was killed
        copy(moved, target, found.st_size)
    except OSError as error:
        if error.errno in _OF_THE_WORKER:
            raise NotAFile(relative) from error
        raise
    finally:
        _remove(moved)


def copy(source: Path, target: Path, size: int) -> None:
    """Copy a file, without reading it where the disk can share or copy blocks itself.

    Args:
        source: may grow meanwhile.
        target: is replaced; removed if this fails.
        size: bytes to copy at most.

    Raises:
        OSError: the disk failed, or there is no such file.
    """
    try:
        with source.open("rb", buffering=0) as given, target.open("wb", buffering=0) as taken:
            target.chmod(0o600)
            left = size - _copied_inside(given.fileno(), taken.fileno(), size)
            while left > 0 and (piece := given.read(min(left, _PIECE))):
                left -= taken.write(piece)
    except OSError:
        files.remove(target, missing_ok=True)
        raise


def _copied_inside(source: int, target: int, size: int) -> int:
    """Bytes that the system has copied."""
    done = 0
    if sys.platform == "linux":
        try:
            while done < size and (count := os.copy_file_range(source, target, min(size - done, _AT_ONCE))):
                done += count
        except OSError as error:
            if error.errno not in _CANNOT_COPY_INSIDE:
                raise
    return done


def _move(folder: Path, relative: str, target: Path) -> None:
    *folders, name = relative.split("/")
    if sys.platform == "win32":
        if any(Path(folder, *folders[:depth]).is_symlink() for depth in range(len(folders) + 1)):
            raise NotAFile(relative)
        files.rename(Path(folder, relative), target)
        return
    place = _open_folder(folder, folders)
    try:
        os.rename(name, target, src_dir_fd=place)
    finally:
        os.close(place)


def _remove(moved: Path) -> None:
    if moved.is_dir() and not moved.is_symlink():
        files.remove_tree(moved)
    else:
        files.remove(moved, missing_ok=True)


def _open_folder(folder: Path, names: list[str]) -> int:
    """Opens each folder relative to the one before, so that none can be replaced by a link in between."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    for name in names:
        try:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
        finally:
            os.close(place)
        place = inner
    return place
