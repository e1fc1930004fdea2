"""Removes a folder however deep it is: strangers' files may be nested deeper than any path or recursion goes."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import stat
from pathlib import Path

_log = logging.getLogger(__name__)


def remove_tree(folder: Path) -> bool:
    """Remove a folder with all that is in it, following no link.  Returns whether it is gone; never raises OSError."""
    try:
        if folder.is_symlink() or not folder.is_dir():
            _unlink(folder)
        else:
            _empty(folder)
            folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError as error:
        _log.warning("%s could not be removed (%s)", folder, error.strerror)
        return False
    return True


def _empty(root: Path) -> None:
    """Folders in folders are moved up until every folder is a child of the root: paths stay short."""
    numbers = itertools.count()
    while folders := _files_removed(root):
        for folder in folders:
            for inner in _files_removed(folder):
                inner.rename(_free_name(root, numbers))
            folder.rmdir()


def _files_removed(folder: Path) -> list[Path]:
    """Remove the files of a folder and return its folders."""
    with contextlib.suppress(OSError):
        folder.chmod(stat.S_IRWXU)
    with os.scandir(folder) as entries:
        found = [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]
    for path, is_folder in found:
        if not is_folder:
            _unlink(path)
    return [path for path, is_folder in found if is_folder]


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except PermissionError:  # Windows keeps read-only files
        path.chmod(stat.S_IWRITE)
        path.unlink()


def _free_name(root: Path, numbers: itertools.count[int]) -> Path:
    return next(name for number in numbers if not os.path.lexists(name := root / f"~{number}"))
