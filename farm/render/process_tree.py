"""A process with all that it has started: what they hold, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Every process below one, where the system tells (Linux)."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for task in _entries(Path(f"/proc/{waiting.pop()}/task")):
            with contextlib.suppress(OSError, ValueError):
                children = [int(each) for each in (task / "children").read_text(encoding="ascii").split()]
                found += children
                waiting += children
    return found


def kill(pid: int) -> None:
    """End a process and its children at once.

    Who waits for confined children is left alone while there are any: it ends when they have, so that none is left
    when it is gone.
    """
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
        return
    below = descendants(pid)
    for each in below:
        with contextlib.suppress(OSError):
            os.kill(each, signal.SIGKILL)
    if not below:
        kill_group(pid)


def kill_group(pid: int) -> None:
    """End a process and its group, whatever becomes of the rest."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def resident_bytes(pids: list[int]) -> int:
    """Memory that processes hold, where the system tells without help (Linux)."""
    held = 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError, ValueError):
            pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
            held += pages * os.sysconf("SC_PAGE_SIZE")
    return held


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
