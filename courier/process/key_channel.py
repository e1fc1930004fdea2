"""Hands API keys from one process to the running courier, never through a file.

A courier that is started with keys while another one works sends them to that one through a private channel (a Unix
socket in the user folder, a named pipe on Windows: no port) and exits. Standard library only.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...client import files
from ...jobs.user_folder import UserFolder
from .keys_in_memory import ServerKeys

SEPARATOR = "|"
SEND_KEYS_SECONDS = 5.0


class KeyChannel:
    """Receives more keys while this process holds the user folder's lock. If that fails, a newer courier takes over.

    was_used: whether a process asked for a courier.
    """

    def __init__(self, keys: ServerKeys, home: UserFolder) -> None:
        self.was_used = False
        self._keys = keys
        self._secret = secrets.token_bytes(32)
        self._is_closing = False
        self._guard = threading.Lock()
        self._listener = _listener(home, self._secret)
        if self._listener is not None:
            threading.Thread(target=self._listen, args=(self._listener,), name="keys", daemon=True).start()

    @property
    def address(self) -> str:
        """The address in the journal: keys can be sent there, and none can be read."""
        return f"{self._listener.address}{SEPARATOR}{self._secret.hex()}" if self._listener else ""

    def close(self) -> None:
        """Accept no more keys. By then, `was_used` is set for every caller that was told “taken”."""
        if self._listener is not None:
            with self._guard:
                self._is_closing = True
            send_keys(self.address, {})  # closing alone does not wake a thread that waits for a caller
            self._listener.close()

    def _listen(self, listener: Any) -> None:
        while True:
            try:
                with listener.accept() as connection:
                    if self._is_closing:
                        return
                    if not self._has_taken(connection.recv_bytes(1 << 20)):
                        return
                    connection.send_bytes(b"taken")
            except Exception:  # the caller has ended, or is unknown
                if self._is_closing:
                    return
                time.sleep(0.02)

    def _has_taken(self, message: bytes) -> bool:
        keys = json.loads(message)
        with self._guard:
            if self._is_closing:
                return False
            self.was_used = True
            self._keys.add({str(url): str(key) for url, key in keys.items()})
            return True


def send_keys(address: str, keys: Mapping[str, str]) -> bool:
    """Send keys to the process that listens at this address. Returns whether it took them in SEND_KEYS_SECONDS."""
    taken = threading.Event()
    # A frozen process accepts the call and never replies; multiprocessing has no timeout here, so the thread may leak.
    thread = threading.Thread(target=_hand_in, args=(address, keys, taken), name="hand in", daemon=True)
    thread.start()
    thread.join(SEND_KEYS_SECONDS)
    return taken.is_set()


def _hand_in(address: str, keys: Mapping[str, str], taken: threading.Event) -> None:
    from multiprocessing.connection import Client

    place, _, secret = address.rpartition(SEPARATOR)
    with contextlib.suppress(Exception), Client(place, family=_FAMILY, authkey=bytes.fromhex(secret)) as connection:
        connection.send_bytes(json.dumps(dict(keys)).encode())
        if connection.recv_bytes(16) == b"taken":
            taken.set()


_FAMILY = "AF_PIPE" if sys.platform == "win32" else "AF_UNIX"


def _listener(home: UserFolder, secret: bytes) -> Any:
    """The listener, or None. A socket that a killed process left is replaced, since we hold the lock."""
    from multiprocessing.connection import Listener

    if sys.platform == "win32":
        return Listener(family=_FAMILY, authkey=secret)
    for place in (_beside_the_journal, _in_a_short_place):
        with contextlib.suppress(OSError):  # the name is too long for a socket, or the disk has none
            socket = place(home)
            files.remove(socket, missing_ok=True)
            return Listener(str(socket), _FAMILY, authkey=secret)
    return None


def _beside_the_journal(home: UserFolder) -> Path:
    return home.folder / "courier.sock"


def _in_a_short_place(home: UserFolder) -> Path:
    """A name of its own for each user folder, in a folder that only this user can use."""
    folder = Path(tempfile.gettempdir()) / f"farmhand-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(folder))
    return folder / f"{hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:16]}.sock"
