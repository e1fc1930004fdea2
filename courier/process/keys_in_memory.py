"""The API keys that a courier was given: held in memory, never written. Blender's preferences keep them.

Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Mapping


def fingerprint(salt: float, key: str) -> str:
    """Enough of a salted hash to notice a different key, far too little to recover one."""
    return hashlib.sha256(f"{salt!r}|{key}".encode()).hexdigest()[:8]


class ServerKeys:
    """Server URL → key, for all threads of one courier."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = dict(keys)
        self._guard = threading.Lock()

    def get(self, server_url: str) -> str | None:
        """The key for a server; None if we have none."""
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


def from_text(text: str) -> ServerKeys:
    """The keys that a parent wrote: {"keys": {server URL: key}}. No keys from anything else."""
    with contextlib.suppress(ValueError, AttributeError):
        return ServerKeys({str(url): str(key) for url, key in json.loads(text).get("keys", {}).items()})
    return ServerKeys({})
