"""A process with all that it has started: what they hold, and their end. On every system, by psutil."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """Every process below one; none when it has ended."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def kill(pid: int) -> None:
    """End a process and its children at once.

    Who waits for confined children is left alone while there are any: it ends when they have, so that none is left
    when it is gone.
    """
    below = descendants(pid)
    for process in below:
        with contextlib.suppress(psutil.Error):
            process.kill()
    if not below or sys.platform == "win32":
        kill_group(pid)


def kill_group(pid: int) -> None:
    """End a process and its group, whatever becomes of the rest."""
    if sys.platform == "win32":
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    else:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def held(pid: int) -> tuple[int, int]:
    """How many processes a process and its descendants are, and the bytes of memory that they hold."""
    processes = descendants(pid)
    with contextlib.suppress(psutil.Error):
        processes.append(psutil.Process(pid))
    return len(processes), sum(_bytes(process) for process in processes)


def _bytes(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        memory = process.memory_info()
        # Windows takes pages away from a process that still holds them.
        return int(getattr(memory, "private", memory.rss))
    return 0
