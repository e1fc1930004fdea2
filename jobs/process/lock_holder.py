"""Who holds a lock: a process writes its identity into the lock file and others read it. Standard library only."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from . import process_ids
from .file_lock import Lock


class HolderRole(StrEnum):
    """COURIER carries every job and leaves when asked; FOREGROUND is a user's own script, which does not.
    FARM renders."""

    COURIER = "courier"
    FOREGROUND = "foreground"
    FARM = "farm"


@dataclass(frozen=True, slots=True)
class Holder:
    """The living process that holds the lock.

    began: tells it from a later process with the same pid. channel: where it accepts keys, or "".
    """

    pid: int
    began: str
    role: HolderRole
    channel: str = ""


def sign(lock: Lock, role: HolderRole, channel: str = "") -> None:
    """Write this process's identity into the lock that it holds.

    Args:
        lock: held by this process.
        role: what the process is.
        channel: where other processes reach it, or "".
    """
    us = Holder(os.getpid(), process_ids.started(os.getpid()), role, channel)
    lock.write(json.dumps(asdict(us)).encode())


def holder(path: Path) -> Holder | None:
    """Who certainly holds a lock that is held; None without a note, or if the process in the note has ended."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        said = Holder(int(found["pid"]), str(found["began"]), HolderRole(found["role"]), str(found["channel"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if said.began and process_ids.started(said.pid) == said.began else None
