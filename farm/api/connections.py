"""Connections in number and time: strangers may come, but they can neither fill the farm nor hold it up.

A connection that sends no whole request head in time, or stops in the middle of a body, is closed.  When all places are
taken, the one that has waited longest without a request makes room for the next.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10.0
BODY_PAUSE_SECONDS = 60.0
MAX_CONNECTIONS = 2000
_SWEEP_SECONDS = 1.0
_FILES_OF_THE_FARM = 256
"""Descriptors that connections must leave for the state, packages and workers."""


class BoundedProtocol(H11Protocol):
    """limit: connections at a time."""

    limit: ClassVar[int] = MAX_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._waits_since: float | None = time.monotonic()
        self._last_byte = time.monotonic()
        if len(self.connections) >= self.limit:
            _make_room(self.connections)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._last_byte = time.monotonic()
        if self._waits_since is None and not self._is_busy:
            self._waits_since = self._last_byte
        super().data_received(data)
        if self._is_busy or self._is_answered:
            self._waits_since = None

    def is_late(self, now: float) -> bool:
        """Whether it has kept the farm waiting for too long."""
        if self._waits_since is not None:
            return now - self._waits_since > HEAD_SECONDS
        is_sending = self._is_busy and self.cycle.more_body and not self.flow.read_paused
        return is_sending and now - self._last_byte > BODY_PAUSE_SECONDS

    @property
    def idle_since(self) -> float | None:
        """Since when it has no request under way; None while it has one."""
        return None if self._is_busy else self._last_byte

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete


def protocol(open_files: int) -> type[BoundedProtocol]:
    """The protocol for a process that may hold this many files open."""
    limit = max(16, min(MAX_CONNECTIONS, open_files - _FILES_OF_THE_FARM))
    return type("FarmProtocol", (BoundedProtocol,), {"limit": limit})


async def close_late_ones(state: ServerState) -> None:
    """Close connections that keep the farm waiting, until canceled."""
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        now = time.monotonic()
        for each in list(state.connections):
            if isinstance(each, BoundedProtocol) and each.is_late(now):
                each.transport.abort()


def _make_room(connections: set[Any]) -> None:
    waiting = [
        (each.idle_since, each)
        for each in connections
        if isinstance(each, BoundedProtocol) and each.idle_since is not None
    ]
    if waiting:
        _, oldest = min(waiting, key=lambda each: each[0])
        oldest.transport.abort()
        connections.discard(oldest)
