"""The lock that keeps it to one courier per user folder.  It ends with its process, however that ends.

Whoever holds it says in it who that is.  Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from ..courier.process import process_ids
from .private_folder import make_private

_LOCKED_AT = 1 << 20
"""Beyond the text: on Windows nobody else can read a byte that is locked."""

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class Role(StrEnum):
    """COURIER carries all there is and makes room when asked; FOREGROUND is somebody's own script, which does not."""

    COURIER = "courier"
    FOREGROUND = "foreground"


@dataclass(frozen=True, slots=True)
class Holder:
    """The living process that holds the lock.

    began: tells it from a later process with the same pid.  channel: where keys can be handed in, or "".
    """

    pid: int
    began: str
    role: Role
    channel: str = ""


class Lock:
    """One lock file, held or not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def acquire(self, wait_seconds: float = 0.0) -> bool:
        """Take the lock; False when somebody else still holds it after the wait."""
        make_private(self._path.parent)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + wait_seconds
        while not _try_lock(descriptor):
            if time.monotonic() >= end:
                os.close(descriptor)
                return False
            time.sleep(0.02)
        self._descriptor = descriptor
        return True

    def sign(self, role: Role, channel: str = "") -> None:
        """Say who holds it."""
        us = Holder(os.getpid(), process_ids.started(os.getpid()), role, channel)
        with contextlib.suppress(OSError):  # a full disk: then nobody knows us, and nobody ends us
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, json.dumps(asdict(us)).encode())

    def release(self) -> None:
        """Let it go; who we are goes first, for we may live on."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def holder(path: Path) -> Holder | None:
    """Who holds a lock that is held, for certain; None when nobody says so, or whoever said so no longer lives."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        said = Holder(int(found["pid"]), str(found["began"]), Role(found["role"]), str(found["channel"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if said.began and process_ids.started(said.pid) == said.began else None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock.  A newcomer waits a moment for its lock, so a look never stops it."""
    if not path.exists():
        return False
    lock = Lock(path)
    if lock.acquire():
        lock.release()
        return False
    return True
