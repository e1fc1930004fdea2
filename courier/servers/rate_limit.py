"""A service that gets no calls from any job of this courier for as long as it asks us to wait."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from ...client.errors import Refused
from ...client.retry import RetryKind, retry_kind
from ...client.service import Reply, Service

_JITTER = 0.1
"""A share of the wait, so that jobs that waited together do not retry together."""
_USERS_OWN = "/cancel"
"""The user's own request, once, which saves the service work; it is not held back."""


class Cooldown:
    """Until when a server wants no calls, and the error that said so."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._until = float("-inf")
        self._said: Refused | None = None

    def note(self, error: Refused) -> None:
        """Record a refusal that asks to wait."""
        if error.retry_after is None or retry_kind(error) is not RetryKind.TOLD_TO_WAIT:
            return
        until = time.monotonic() + error.retry_after
        with self._guard:
            if until > self._until:
                self._until, self._said = until, error

    def check(self) -> None:
        """During the wait, raise the server's error, with the time that is left."""
        with self._guard:
            left, said = self._until - time.monotonic(), self._said
        if left > 0 and said is not None:
            wait = left * random.uniform(1.0, 1.0 + _JITTER)
            raise type(said)(said.what, said.meaning, said.advice, status=said.status, retry_after=wait)


class RateLimitedService(Service):
    """Sends nothing during a cooldown, but raises what the server had said."""

    def __init__(self, *arguments: Any, cooldown: Cooldown, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cooldown = cooldown

    def _exchange(self, method: str, path: str, *arguments: Any, **options: Any) -> Reply:
        if not path.endswith(_USERS_OWN):
            self._cooldown.check()
        try:
            return super()._exchange(method, path, *arguments, **options)
        except Refused as error:
            self._cooldown.note(error)
            raise
