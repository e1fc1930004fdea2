"""Takes files out of a folder that a stranger's scene has written to: only plain files, without following links."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from ...client import files


class NotAFile(Exception):
    """What the worker reported is a link, a device, or a file with several hard links."""


def take(folder: Path, relative: str, target: Path) -> None:
    """Move a file to a place where the worker cannot reach it.

    Args:
        folder: the worker's, where it can create links at any moment.
        relative: below the folder, with slashes, checked by worker_answers.
        target: on the same disk; its folder is made.

    Raises:
        NotAFile: a link, a folder, or a file with several hard links.
        OSError: there is no such file, or the disk failed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    *folders, name = relative.split("/")
    if sys.platform == "win32":
        if any(Path(folder, *folders[:depth]).is_symlink() for depth in range(len(folders) + 1)):
            raise NotAFile(relative)
        files.rename(Path(folder, relative), target)
    else:
        place = _open_folder(folder, folders)
        try:
            os.rename(name, target, src_dir_fd=place)
        finally:
            os.close(place)
    found = target.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        files.remove(target)
        raise NotAFile(relative)
    target.chmod(0o600)


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
