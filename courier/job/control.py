"""The user's requests for one submission while a thread carries it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from ...client.cancellation import CancelToken
from ...jobs.journal.submission import Request

_ENDS = (Request.CANCEL, Request.PAUSE)


class Interrupted(Exception):
    """The step stops here because of a request, or because the courier ends; nothing is wrong."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request, and its number in the journal (0 for one that is not written there)."""

    request: Request
    number: int = 0


class JobControl:
    """Requests for one carried submission: the main thread adds them, the carrying thread and its transfers check.

    token: canceled while a request waits to be taken, and once the courier ends.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pending: deque[PendingRequest] = deque()
        self._known: set[int] = set()
        self._leaving = False
        self.token = CancelToken()

    def ask(self, request: Request, number: int = 0) -> None:
        """Add a request; the same number counts once."""
        with self._guard:
            if number and number in self._known:
                return
            self._known.add(number)
            self._pending.append(PendingRequest(request, number))
            self.token.cancel()

    def take(self) -> PendingRequest | None:
        """Take the oldest request; the caller handles it from now on."""
        with self._guard:
            pending = self._pending.popleft() if self._pending else None
            if not self._pending and not self._leaving:
                self.token.reset()
            return pending

    def leave(self) -> None:
        """The courier ends: stop at the next safe point, change nothing."""
        with self._guard:
            self._leaving = True
            self.token.cancel()

    @property
    def leaving(self) -> bool:
        return self._leaving

    def should_end(self) -> bool:
        """Whether to stop carrying the submission: it is canceled or paused, or the courier ends."""
        with self._guard:
            return self._leaving or any(pending.request in _ENDS for pending in self._pending)

    def check(self) -> None:
        """Raise Interrupted when a request waits or the courier ends."""
        if self.token.is_canceled:
            raise Interrupted

    def wait(self, seconds: float) -> None:
        """Sleep this long. Raises Interrupted once a request comes."""
        if self.token.wait(seconds):
            raise Interrupted

    def rest(self, seconds: float) -> None:
        """Sleep this long, or until a request comes."""
        self.token.wait(seconds)
