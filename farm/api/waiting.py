"""Answers that wait until there is something new, so that clients need not ask again and again.

A client sends the ETag of the answer that it has as If-None-Match, and how many seconds it would wait: `Prefer: wait=5`
(RFC 7240). It is answered as soon as the ETag would be another one, and with 304 when the time is over.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable

from fastapi import Request
from starlette.responses import Response

MOST_SECONDS = 30.0
MOST_WAITING = 64
"""So many requests wait at a time; others are answered at once, as if they had not asked for it."""
_LOOK_SECONDS = 0.05
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?(?:$|[,;\s])", re.IGNORECASE)


class WaitingRequests:
    """The requests that wait now.

    mark: differs from an earlier one when anything has changed. is_ending: the farm ends, so no request may keep it.
    """

    def __init__(self, mark: Callable[[], object], is_ending: Callable[[], bool]) -> None:
        self._mark = mark
        self._is_ending = is_ending
        self._count = 0

    async def until_changed(self, request: Request, state: Callable[[], object]) -> tuple[bool, dict[str, str]]:
        """Wait as long as the request says.

        Args:
            request: a GET.
            state: what the answer is made of, for comparison. What it raises is raised here.

        Returns:
            Whether the client's answer is still the right one, and the headers of the new answer.
        """
        known, seconds = request.headers.get("If-None-Match", ""), _seconds(request)
        tag = _tag(state())
        if seconds is None or self._count >= MOST_WAITING:
            return tag == known, {"ETag": tag}
        self._count += 1
        try:
            end, mark = time.monotonic() + seconds, self._mark()
            while tag == known and time.monotonic() < end and not self._is_ending():
                await asyncio.sleep(_LOOK_SECONDS)
                if self._mark() != mark:
                    mark, tag = self._mark(), _tag(state())
        finally:
            self._count -= 1
        return tag == known, {"ETag": tag, "Preference-Applied": "wait"}


def unchanged(headers: dict[str, str]) -> Response:
    """The answer without a body for a client that has the right one."""
    return Response(status_code=304, headers=headers)


def _seconds(request: Request) -> float | None:
    """None where the client does not ask for it."""
    asked = _WAIT.search(request.headers.get("Prefer", ""))
    return min(float(asked[1]), MOST_SECONDS) if asked else None


def _tag(state: object) -> str:
    return f'"{hashlib.blake2s(repr(state).encode(errors="surrogatepass"), digest_size=12).hexdigest()}"'
