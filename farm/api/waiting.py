"""Answers that wait until there is something new, so that clients need not ask again and again.

A client sends the ETag of its last answer as If-None-Match, and how many seconds it will wait: `Prefer: wait=5`
(RFC 7240). The answer is sent as soon as its ETag differs, or as 304 when the time is up.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

from fastapi import Request

from ..answer_limit import AnswerLimit
from .auth import caller_of

MOST_SECONDS = 30.0
MOST_WAITING, MOST_WAITING_OF_A_KEY = 64, 16
"""How many requests may wait at a time; others are answered at once, and their clients poll."""
DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}},
        {"name": "Prefer", "in": "header", "required": False, "schema": {"type": "string"}},
    ]
}
"""For the API's document: the headers of such a call."""
_LOOK_SECONDS = 0.05
_LOOKS_FOR_CLIENT = 20
"""Every 20th look (once a second) also checks that the client is still connected."""
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?(?:$|[,;\s])", re.IGNORECASE)


class WaitingRequests:
    """The requests that are waiting.

    mark: a value that changes whenever anything has changed. is_ending: the farm is exiting, so no request may wait.
    """

    def __init__(self, mark: Callable[[], object], is_ending: Callable[[], bool]) -> None:
        self._mark = mark
        self._is_ending = is_ending
        self._limit = AnswerLimit(MOST_WAITING, MOST_WAITING_OF_A_KEY)

    async def until_changed(self, request: Request, state: Callable[[], object]) -> tuple[bool, dict[str, str]]:
        """Wait as long as the request says.

        Args:
            request: a GET.
            state: what the answer is made of, for comparison; its exceptions pass through.

        Returns:
            Whether the client's answer is still current, and the headers of the new answer.
        """
        known, seconds = request.headers.get("If-None-Match", ""), _seconds(request)
        digest, who = _digest(state()), caller_of(request).key_id
        if seconds is None or not self._limit.take(who):
            return _names(known, digest), _headers(digest)
        try:
            if _names(known, digest):
                digest = await self._changed(request, digest, state, time.monotonic() + seconds)
        finally:
            self._limit.give_back(who)
        return _names(known, digest), {**_headers(digest), "Preference-Applied": "wait"}

    async def _changed(self, request: Request, digest: str, state: Callable[[], object], end: float) -> str:
        """The new digest; the given one if the time is up, the farm is exiting, or the client has disconnected."""
        mark, looks = self._mark(), 0
        while time.monotonic() < end and not self._is_ending():
            await asyncio.sleep(_LOOK_SECONDS)
            looks += 1
            if self._mark() != mark:
                mark = self._mark()
                if (now := _digest(state())) != digest:
                    return now
            if looks % _LOOKS_FOR_CLIENT == 0 and await request.is_disconnected():
                break
        return digest


def _seconds(request: Request) -> float | None:
    """None if the client does not ask to wait."""
    asked = _WAIT.search(",".join(request.headers.getlist("Prefer")))
    return min(float(asked[1]), MOST_SECONDS) if asked else None


def _digest(state: object) -> str:
    return hashlib.blake2s(repr(state).encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _names(known: str, digest: str) -> bool:
    """Whether If-None-Match contains the digest, also in a list or with a suffix that a proxy added."""
    return digest in known or known.strip() == "*"


def _headers(digest: str) -> dict[str, str]:
    """A weak ETag: which frames are being rendered may change without it."""
    return {"ETag": f'W/"{digest}"', "Cache-Control": "private, no-cache"}
