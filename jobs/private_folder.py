"""Folders and files for this user alone: others cannot read its uploads, frames and keys. Standard library only."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import sys
from pathlib import Path

from ..client import files
from .process import windows_rights

_log = logging.getLogger(__name__)


def make_private(folder: Path) -> Path:
    """Create a folder, or remove the rights of others from an existing one. Returns it. Raises OSError.

    A folder of another user is not changed. On Windows what is already in the folder keeps its own rights.
    """
    is_new = not folder.exists()
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    if sys.platform == "win32":
        if is_new:
            _keep_for_user(folder)
    elif stat.S_IMODE(folder.stat().st_mode) != stat.S_IRWXU:
        with contextlib.suppress(PermissionError):
            folder.chmod(stat.S_IRWXU)
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a new file that this user alone can read from the first byte. Raises OSError, FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        _keep_for_user(path)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # after a power cut, an empty key could not be restored


def replace_private(path: Path, text: str) -> None:
    """Atomically write a file that this user alone can read from the first byte. Raises OSError."""
    with files.written_whole(path) as temporary:
        write_private(temporary, text)


def _keep_for_user(path: Path) -> None:
    try:
        windows_rights.keep_for_user(path)
    except OSError as error:
        _log.warning(
            "Other users of this computer may be able to read %s: its permissions could not be set (%s). "
            "Choose a folder on a disk with permissions (NTFS).",
            path,
            error.strerror,
        )
