"""Reading, writing, renaming and removing files as Windows allows it. Standard library only.

Windows refuses to change a file that another program has open (a reader of ours, a viewer, a virus scanner), usually
for a moment. On Windows, every function here retries for a while and then raises the system's error.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

PATIENCE_SECONDS = 2.0
READ_SECONDS = 0.1
"""A file that another process is replacing can be read a moment later."""
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.1
# Access denied, sharing violation, lock violation, folder not empty: another program is not done with it yet.
_HELD = frozenset({5, 32, 33, 145})
_log = logging.getLogger(__name__)
T = TypeVar("T")


def read_text(path: Path, most: int = -1) -> str:
    """The text of a file that another process may be replacing.

    Args:
        path: a UTF-8 file.
        most: bytes to read; -1 for all.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not text.
    """

    def read() -> str:
        with path.open("rb") as file:
            return file.read(most).decode()

    return _patiently(read, READ_SECONDS)


def write_text(path: Path, text: str, *, wait_seconds: float = PATIENCE_SECONDS) -> None:
    """Write a UTF-8 file atomically. If several processes write it at the same time, the last one wins.

    Args:
        path: the file.
        text: its whole content.
        wait_seconds: how long to try while another program has it open (Windows).

    Raises:
        OSError: it could not be written; the file is unchanged.
    """
    with written_whole(path, wait_seconds=wait_seconds) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


@contextlib.contextmanager
def written_whole(path: Path, *, wait_seconds: float = PATIENCE_SECONDS) -> Iterator[Path]:
    """A temporary file that gets its real name at the end of the block; on failure the old file stays.

    Args:
        path: the real name.
        wait_seconds: how long to try while another program has it open (Windows).

    Yields:
        Its path, beside the real one; no other process uses it.

    Raises:
        OSError: it could not be renamed.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        replace(temporary, path, wait_seconds=wait_seconds)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(temporary, missing_ok=True, wait_seconds=0)
        raise


def replace(source: Path | str, target: Path | str, *, wait_seconds: float = PATIENCE_SECONDS) -> None:
    """Rename a file or a folder, replacing what has that name.

    Args:
        source: what is renamed.
        target: its new name.
        wait_seconds: how long to try while another program has one of them open (Windows).

    Raises:
        OSError: it could not be done; IsADirectoryError if a file would replace a folder.
    """
    if Path(target).is_dir() and not Path(source).is_dir():  # Windows reports it like a file in use
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    _patiently(lambda: os.replace(source, target), wait_seconds)


def rename(source: Path | str, target: Path | str, *, wait_seconds: float = PATIENCE_SECONDS) -> None:
    """Rename a file or a folder. An existing file is replaced; on Windows that is an error.

    Args:
        source: what is renamed.
        target: its new name.
        wait_seconds: how long to try while another program has it open (Windows).

    Raises:
        OSError: it could not be done.
    """
    _patiently(lambda: Path(source).rename(target), wait_seconds)


def remove(path: Path, *, missing_ok: bool = False, wait_seconds: float = PATIENCE_SECONDS) -> None:
    """Remove a file.

    Args:
        path: the file.
        missing_ok: whether to accept that the file does not exist.
        wait_seconds: how long to try while another program has it open (Windows).

    Raises:
        OSError: it could not be done.
    """
    _patiently(lambda: path.unlink(missing_ok=missing_ok), wait_seconds)


def remove_tree(folder: Path, *, wait_seconds: float = PATIENCE_SECONDS) -> bool:
    """Remove a folder with all that is in it, however deep, without following links.

    Returns whether it is gone; never raises OSError. Untrusted files may be nested deeper than the limits on paths and
    recursion allow.
    """
    end = time.monotonic() + wait_seconds
    try:
        if folder.is_symlink() or not folder.is_dir():
            _unlink(folder, end)
        else:
            _empty(folder, end)
            _patiently(folder.rmdir, end - time.monotonic())
    except FileNotFoundError:
        return True
    except OSError as error:
        _log.warning("%s could not be removed (%s)", folder, error.strerror)
        return False
    return True


def remove_empty(folder: Path) -> None:
    """Remove a folder if it is empty."""
    with contextlib.suppress(OSError):
        _patiently(folder.rmdir, 0.0)


def is_held(error: BaseException | None) -> bool:
    """Whether Windows refused because another program has, or may have, the file open."""
    return isinstance(error, OSError) and getattr(error, "winerror", None) in _HELD


def _patiently(act: Callable[[], T], wait_seconds: float) -> T:
    end = time.monotonic() + wait_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return act()
        except OSError as error:
            if not is_held(error) or time.monotonic() >= end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _empty(root: Path, end: float) -> None:
    """Empty a folder. Nested folders are first moved up to be children of the root, so that paths stay short."""
    numbers = itertools.count()
    while folders := _files_removed(root, end):
        for folder in folders:
            for inner in _files_removed(folder, end):
                rename(inner, _free_name(root, numbers), wait_seconds=end - time.monotonic())
            _patiently(folder.rmdir, end - time.monotonic())


def _files_removed(folder: Path, end: float) -> list[Path]:
    """Remove the files of a folder and return its folders."""
    with contextlib.suppress(OSError):
        folder.chmod(stat.S_IRWXU)
    with os.scandir(folder) as entries:
        found = [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]
    for path, is_folder in found:
        if not is_folder:
            _unlink(path, end)
    return [path for path, is_folder in found if is_folder]


def _unlink(path: Path, end: float) -> None:
    try:
        path.unlink()
    except PermissionError:  # Windows keeps read-only files
        if not path.is_symlink():  # chmod would change what the link leads to
            with contextlib.suppress(OSError):
                path.chmod(stat.S_IWRITE)
        remove(path, wait_seconds=end - time.monotonic())


def _free_name(root: Path, numbers: itertools.count[int]) -> Path:
    return next(name for number in numbers if not os.path.lexists(name := root / f"~{number}"))
