"""Whether Blender had enough disk space. On a full disk it fails with various messages, or silently leaves empty or
truncated files: such a render counts neither as a frame nor as a failed attempt."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .backend import WorkFailed
from .failures import DISK_IS_FULL

_LEAST_BYTES = 4 * 1024**2


def check(folder: Path) -> None:
    """Raises OSError when the disk of this folder is full, or a quota on it is used up."""
    disk = shutil.disk_usage(folder)
    if disk.total and disk.free < _LEAST_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if sys.platform == "linux":
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                os.posix_fallocate(file.fileno(), 0, _LEAST_BYTES)
        except OSError as error:
            if error.errno in DISK_IS_FULL:
                raise


@contextmanager
def blamed(folder: Path) -> Iterator[None]:
    """Turns a failure of Blender in this context into an OSError if the disk of this folder is full."""
    try:
        yield
    except WorkFailed:
        check(folder)
        raise
