"""Bodies of webhook deliveries, read into memory within one limit for all of them together."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request

from ..client.errors import BadDelivery
from ..client.webhooks import MAX_BODY_BYTES

READ_SECONDS = 4.0
"""For one body. The service waits 7 seconds for an answer; it sends quicker than this."""
MAX_BYTES_IN_ALL = 4 * MAX_BODY_BYTES
_DIGITS = 18


@dataclass(eq=False)
class _Body:
    began: float
    content: bytearray = field(default_factory=bytearray)
    reading: asyncio.Task[None] | None = None
    is_complete: bool = False
    is_dropped: bool = False

    def cost(self, now: float) -> float:
        """Bytes times seconds: what it takes from others."""
        return len(self.content) * (now - self.began)

    def drop(self) -> None:
        """Stop reading and free the memory. The body that is read right now notices by itself."""
        self.content.clear()
        self.is_dropped = True
        if self.reading is not None and self.reading is not asyncio.current_task():
            self.reading.cancel()


class WebhookBodies:
    """The bodies that are in memory now.

    Only a whole body shows whether the service sent it. When all are too large together, the one that has held the most
    for the longest time is dropped: a usual delivery is small and quick, and many slow ones do not displace it.
    """

    def __init__(self) -> None:
        self._bodies: set[_Body] = set()
        self._bytes = 0

    @contextlib.asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[bytearray]:
        """A request's body, which counts until the end of the context. Raises BadDelivery."""
        _check_length(request.headers)
        body = _Body(time.monotonic())
        body.reading = asyncio.create_task(self._read(request, body))
        self._bodies.add(body)
        try:
            await asyncio.wait({body.reading}, timeout=READ_SECONDS)
            _check_outcome(body)
            yield body.content
        finally:
            body.reading.cancel()
            self._bodies.discard(body)
            self._bytes -= len(body.content)

    async def _read(self, request: Request, body: _Body) -> None:
        async for chunk in request.stream():
            body.content += chunk
            self._bytes += len(chunk)
            self._make_room()
            if body.is_dropped:
                return
        body.is_complete = True

    def _make_room(self) -> None:
        """Complete bodies stay: they are being checked, which takes milliseconds."""
        now = time.monotonic()
        while self._bytes > MAX_BYTES_IN_ALL:
            incomplete = [body for body in self._bodies if not body.is_complete and not body.is_dropped]
            if not incomplete:
                return
            most = max(incomplete, key=lambda body: body.cost(now))
            self._bytes -= len(most.content)
            most.drop()


def _check_length(headers: Mapping[str, str]) -> None:
    length = headers.get("Content-Length", "")
    if not length.isascii() or not length.isdigit() or len(length) > _DIGITS or "Transfer-Encoding" in headers:
        raise BadDelivery("Refused a delivery without a content length.", status=411)
    if int(length) > MAX_BODY_BYTES:
        raise BadDelivery(f"Refused a delivery of {int(length):,} bytes, which is too large.", status=413)


def _check_outcome(body: _Body) -> None:
    assert body.reading is not None
    if body.is_dropped:
        raise BadDelivery("Refused a slow delivery to accept the next.", status=503)
    if not body.reading.done():
        raise BadDelivery(f"Refused a delivery that took longer than {READ_SECONDS:.0f} seconds.", status=408)
    try:
        body.reading.result()
    except ClientDisconnect:
        raise BadDelivery("Refused an incomplete delivery.", status=400) from None
