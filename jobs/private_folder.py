"""Folders for this user alone: uploads, frames and journals are nobody else's business. Standard library only."""

from __future__ import annotations

import contextlib
import stat
import sys
from pathlib import Path


def make_private(folder: Path) -> Path:
    """Create a folder, or take the rights of others from one that is there. Returns it. Raises OSError.

    Windows gives folders of a user to that user alone by itself. A folder of somebody else stays as it is.
    """
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    if sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) != stat.S_IRWXU:
        with contextlib.suppress(PermissionError):
            folder.chmod(stat.S_IRWXU)
    return folder
