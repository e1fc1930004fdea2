"""Whether Blender could write what it should. On a full disk it fails in many words, or says nothing and leaves its
files empty or cut: what it did there counts neither as a frame nor as a failure of one."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .backend import WorkFailed

_LEAST_BYTES = 4 * 1024**2


def check(folder: Path) -> None:
    """Raises OSError when the disk of this folder is full."""
    disk = shutil.disk_usage(folder)
    if disk.total and disk.free < _LEAST_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


@contextmanager
def blamed(folder: Path) -> Iterator[None]:
    """A failure of Blender in here becomes an OSError when the disk of this folder is full."""
    try:
        yield
    except WorkFailed:
        check(folder)
        raise
