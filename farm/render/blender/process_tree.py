"""A process and its descendants: the memory that they use, and how they are ended. On every system, by psutil, but for
what only Linux has.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """All descendants of a process; empty if it has ended."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def kill(pid: int) -> None:
    """End a process and its children at once.

    A wrapper that waits for confined children is not killed while there are any: it ends after them, so that none is
    left when it is gone.
    """
    below = descendants(pid)
    for process in below:
        with contextlib.suppress(psutil.Error):
            process.kill()
    if not below or sys.platform == "win32":
        kill_group(pid)


def kill_group(pid: int) -> None:
    """End a process and its group, but not its other descendants."""
    if sys.platform == "win32":
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    else:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def held(pid: int) -> tuple[int, int]:
    """The number of processes in a tree, and the bytes of memory that they use."""
    processes = descendants(pid)
    with contextlib.suppress(psutil.Error):
        processes.append(psutil.Process(pid))
    return len(processes), sum(_bytes(process) for process in processes)


def end_first_without_memory(pid: int) -> None:
    """On Linux, have the kernel end this process and its descendants before others if memory runs out.

    From outside: confined processes cannot write to /proc, so that they cannot undo it either.
    """
    if sys.platform != "linux":
        return
    for each in (pid, *(process.pid for process in descendants(pid))):
        with contextlib.suppress(OSError):
            Path(f"/proc/{each}/oom_score_adj").write_text("1000", encoding="ascii")


def _bytes(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        memory = process.memory_info()
        # Windows trims the working set of a process that still owns the pages.
        return int(getattr(memory, "private", memory.rss))
    return 0
