"""Who is signed in: a random cookie for each browser, known to this process alone.

The key itself is kept here, so that revoking it ends its sessions at once.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..state.keys import Caller, Role

IDLE_SECONDS = 12 * 3600.0
_MOST = 1000
MOST_OF_A_KEY = 50
"""Anyone who has a key can sign in again and again, and signs nobody else out by it."""
_ROLES = frozenset({Role.SUBMIT, Role.ADMIN})


@dataclass(slots=True)
class _Session:
    key: bytes
    seen: float


class Sessions:
    """find_caller: whose key this is, None for an unknown or revoked one. clock: seconds, for tests."""

    def __init__(
        self, find_caller: Callable[[bytes], Caller | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find_caller = find_caller
        self._clock = clock
        self._sessions: dict[bytes, _Session] = {}

    def sign_in(self, key: str) -> str | None:
        """The cookie of a new session; None if the key may not use the web page."""
        encoded = key.strip().encode()
        if self._caller(encoded) is None:
            return None
        self._remove_idle()
        self._remove_oldest([each for each, known in self._sessions.items() if known.key == encoded], MOST_OF_A_KEY)
        self._remove_oldest(list(self._sessions), _MOST)
        cookie = secrets.token_urlsafe(32)
        self._sessions[_digest(cookie)] = _Session(encoded, self._clock())
        return cookie

    def caller(self, cookie: str) -> Caller | None:
        """Who sent this cookie; None if it belongs to no session."""
        session = self._sessions.get(_digest(cookie))
        if session is None or self._clock() - session.seen > IDLE_SECONDS:
            return None
        session.seen = self._clock()
        return self._caller(session.key)

    def sign_out(self, cookie: str) -> None:
        """Forget the session; its cookie is invalid from then on."""
        self._sessions.pop(_digest(cookie), None)

    def _caller(self, key: bytes) -> Caller | None:
        caller = self._find_caller(key)
        return caller if caller is not None and caller.role in _ROLES else None

    def _remove_idle(self) -> None:
        for digest, session in list(self._sessions.items()):
            if self._clock() - session.seen > IDLE_SECONDS:
                del self._sessions[digest]

    def _remove_oldest(self, known: list[bytes], most: int) -> None:
        """Make room for one more."""
        for digest in sorted(known, key=lambda each: self._sessions[each].seen)[: max(0, len(known) - most + 1)]:
            del self._sessions[digest]


def _digest(cookie: str) -> bytes:
    """Compared instead of the cookie, so that the time of a lookup reveals nothing about it."""
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
