"""The HTTP server of the farm and the webhook receiver: uvicorn, with limits against untrusted clients.

A connection that does not send a complete request head in time, stalls within a body, or does not read its answer is
closed. At the connection limit, the one whose client has kept the server waiting longest is closed for the next.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10.0
BODY_PAUSE_SECONDS = 60.0
UNREAD_SECONDS = 120.0
MAX_CONNECTIONS = 2000
_BACKLOG = 128
"""Connections that may wait to be accepted. asyncio accepts as many in one go, before the limit of connections is
looked at, and logs an error for each that it has no descriptor for."""
_LAST_PORT = 65_535
_HEAD_BYTES = 32 * 1024
_TOO_LONG = b'{"error":{"code":"head_too_long","message":"The head of a request may have 32 KiB."}}'
_SWEEP_SECONDS = 1.0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 for any free port. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not 0 <= port <= _LAST_PORT:
        raise OSError(0, f"ports are 0 to {_LAST_PORT}")
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listener.setblocking(False)
    return listener


def config(app: Any, protocol: Callable[..., asyncio.Protocol]) -> uvicorn.Config:
    """app: an ASGI application. protocol: see `bounded`, or a protocol that wraps one of these."""
    return uvicorn.Config(
        _with_short_heads(app),
        http=protocol,  # type: ignore[arg-type]  # uvicorn asks for a class and calls it
        ws="none",  # a WebSocket would leave `protocol` and its limits
        h11_max_incomplete_event_size=_HEAD_BYTES,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )


def _with_short_heads(app: Any) -> Any:
    """Reject requests with overlong heads before app: the parser measures only heads that arrive in pieces."""

    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        size = sum(len(scope.get(part) or b"") for part in ("raw_path", "query_string"))
        size += sum(len(name) + len(value) for name, value in scope.get("headers", ()))
        if size <= _HEAD_BYTES:
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 431, "headers": headers})
        await send({"type": "http.response.body", "body": _TOO_LONG})

    return refusing


def bounded(limit: int, head_seconds: float = HEAD_SECONDS) -> type[BoundedProtocol]:
    """A protocol class with this limit of connections and this time limit for a request's head."""
    return type("Protocol", (BoundedProtocol,), {"limit": limit, "head_seconds": head_seconds})


class BoundedProtocol(H11Protocol):
    """One connection. limit: how many may be open. head_seconds: time limit for each request's head."""

    limit: ClassVar[int] = MAX_CONNECTIONS
    head_seconds: ClassVar[float] = HEAD_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._waits_since: float | None = time.monotonic()
        self._last_byte = time.monotonic()
        self._unread_since: float | None = None
        is_full = len(self.connections) >= self.limit and not _make_room(self.connections)
        # asyncio sets it only for sockets that it creates; without it, each answer waits 40 ms for the client's ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        if is_full:
            transport.abort()

    def pause_writing(self) -> None:
        self._unread_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_since = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        self._last_byte = time.monotonic()
        if self._waits_since is None and not self._is_busy:
            self._waits_since = self._last_byte
        super().data_received(data)
        if self._is_busy or self._is_answered:
            self._waits_since = None

    def _should_upgrade(self) -> bool:
        """Never. uvicorn would write a line into the log for each such request of a stranger."""
        return False

    def is_late(self, now: float) -> bool:
        """Whether it has kept the server waiting for too long."""
        if self._waits_since is not None:
            return now - self._waits_since > self.head_seconds
        if self._unread_since is not None:
            return now - self._unread_since > UNREAD_SECONDS
        return self._is_sending and now - self._last_byte > BODY_PAUSE_SECONDS

    @property
    def waits_for_client_since(self) -> float | None:
        """Since when the server has waited for the client to send or read; None while it is the server's turn.

        A client that pipelines requests, as usual clients do not, counts as keeping the server waiting.
        """
        if self._unread_since is not None:
            return self._unread_since
        is_answering = self._is_busy and not self._is_sending and not self.flow.read_paused
        is_behind = self._is_busy and bool(self.cycle.body)  # received body data waits for our disk
        return None if is_answering or is_behind else self._last_byte

    @property
    def _is_sending(self) -> bool:
        """Whether the server waits for the rest of a body."""
        return self._is_busy and self.cycle.more_body and not self.flow.read_paused

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete


async def close_late_ones(state: ServerState) -> None:
    """Until canceled, close connections that keep the server waiting for too long."""
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        now = time.monotonic()
        for each in list(state.connections):
            if isinstance(each, BoundedProtocol) and each.is_late(now):
                each.transport.abort()


def _make_room(connections: set[Any]) -> bool:
    """Close the connection that has waited longest for its client. Returns whether there was one."""
    waiting = [
        (since, each)
        for each in connections
        if isinstance(each, BoundedProtocol) and (since := each.waits_for_client_since) is not None
    ]
    if not waiting:
        return False
    _, oldest = min(waiting, key=lambda each: each[0])
    oldest.transport.abort()
    connections.discard(oldest)
    return True
