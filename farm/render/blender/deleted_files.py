"""Disk space of files that a worker has deleted and keeps open: no folder shows them."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from . import process_tree


def held_bytes(pid: int, folder: Path) -> int:
    """Bytes of deleted files on the folder's disk that a process or a descendant has open; 0 except on Linux."""
    if sys.platform != "linux":
        return 0
    device = folder.stat().st_dev
    processes = [pid, *(each.pid for each in process_tree.descendants(pid))]
    found = {
        each.st_ino: each.st_blocks * 512
        for process in processes
        for each in _open_files(process)
        if each.st_dev == device and not each.st_nlink and stat.S_ISREG(each.st_mode)
    }
    return sum(found.values())


def _open_files(pid: int) -> Iterator[os.stat_result]:
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                yield descriptor.stat()
    except OSError:  # it has ended, or the system does not show them
        return
