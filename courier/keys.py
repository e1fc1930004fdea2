"""API keys in the courier: held in memory, handed from one process to the courier that is there, never written.

A process that is started with keys while another courier works gives them to that one through a private channel (a
Unix socket in a private folder, a named pipe on Windows: no port) and ends.  Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sys
import threading
from collections.abc import Mapping
from typing import Any

SEPARATOR = "|"


def fingerprint(salt: float, key: str) -> str:
    """Enough of a salted hash to notice another key, far too little to find one."""
    return hashlib.sha256(f"{salt!r}{SEPARATOR}{key}".encode()).hexdigest()[:8]


class Keys:
    """Server URL → key, for all threads of one courier."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = dict(keys)
        self._guard = threading.Lock()

    def get(self, server_url: str) -> str | None:
        """The key for a server; None when nobody has told us one."""
        with self._guard:
            return self._keys.get(server_url)

    def add(self, keys: Mapping[str, str]) -> None:
        with self._guard:
            self._keys.update(keys)

    def known(self) -> dict[str, str]:
        with self._guard:
            return dict(self._keys)

    def fingerprints(self, salt: float) -> dict[str, str]:
        return {url: fingerprint(salt, key) for url, key in self.known().items()}


class Channel:
    """The courier's ear for more keys.  Where none can be made, a newcomer with keys takes over instead."""

    def __init__(self, keys: Keys) -> None:
        from multiprocessing.connection import Listener

        self._keys = keys
        self._secret = secrets.token_bytes(32)
        self._listener: Listener | None = None
        with contextlib.suppress(OSError):  # a temporary folder whose name is too long for a socket
            self._listener = Listener(family=_FAMILY, authkey=self._secret)
            threading.Thread(target=self._listen, args=(self._listener,), name="keys", daemon=True).start()

    @property
    def address(self) -> str:
        """What the journal says of it: good for handing keys in, not for reading any."""
        return f"{self._listener.address}{SEPARATOR}{self._secret.hex()}" if self._listener else ""

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _listen(self, listener: Any) -> None:
        while True:
            try:
                with listener.accept() as connection:
                    self._take(connection.recv_bytes(1 << 20))
                    connection.send_bytes(b"taken")
            except Exception as problem:
                if isinstance(problem, OSError) and _is_closed(listener):
                    return

    def _take(self, message: bytes) -> None:
        import json

        keys = json.loads(message)
        self._keys.add({str(url): str(key) for url, key in keys.items()})


def hand_in(address: str, keys: Mapping[str, str]) -> bool:
    """Give keys to the courier at this address; whether it took them."""
    import json
    from multiprocessing.connection import Client

    place, _, secret = address.rpartition(SEPARATOR)
    with contextlib.suppress(Exception), Client(place, family=_FAMILY, authkey=bytes.fromhex(secret)) as connection:
        connection.send_bytes(json.dumps(dict(keys)).encode())
        return bool(connection.poll(5.0) and connection.recv_bytes(16) == b"taken")
    return False


_FAMILY = "AF_PIPE" if sys.platform == "win32" else "AF_UNIX"


def _is_closed(listener: Any) -> bool:
    return getattr(listener, "_listener", None) is None
