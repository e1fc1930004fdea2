"""HTTPS by the farm itself. A connection without a handshake is closed like one without a request.

uvicorn would leave that to asyncio, which waits for a minute, with any number of connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...client.network.http_server import HEAD_SECONDS
from ..errors import CannotStart

Inner = Callable[..., asyncio.Protocol]


def context(cert: Path, key: Path) -> ssl.SSLContext:
    """cert: PEM, the server's certificate first, then those between it and the root. Raises CannotStart."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        made.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CannotStart(
            f"The certificate {cert} and its key {key} could not be used ({reason}). Both must be PEM, the key without "
            "a passphrase and readable by the farm's user."
        ) from error
    return made


def protocol(inner: Inner, context: ssl.SSLContext, limit: int) -> Inner:
    """A protocol that does the TLS handshake and then hands the connection to `inner`.

    Args:
        inner: makes the protocol of a connection once it is encrypted.
        context: the certificate and key to show.
        limit: handshakes at a time; beyond it, the oldest is closed.
    """
    under_way: dict[_Handshake, None] = {}

    def create(**arguments: Any) -> asyncio.Protocol:
        return _Handshake(lambda: inner(**arguments), context, under_way, limit)

    return create


class _Handshake(asyncio.Protocol):
    """A connection until it is encrypted. Keeps what the client sends along with the end of its handshake."""

    def __init__(
        self,
        create: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        under_way: dict[_Handshake, None],
        limit: int,
    ) -> None:
        self._create = create
        self._context = context
        self._under_way = under_way
        self._limit = limit
        self._early = b""
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()  # the first bytes are the handshake's
        self._transport = transport
        if len(self._under_way) >= self._limit:
            next(iter(self._under_way)).abort()
        self._under_way[self] = None
        self._task = asyncio.create_task(self._begin())

    def data_received(self, data: bytes) -> None:
        self._early += data

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True

    def abort(self) -> None:
        self._transport.abort()
        self._task.cancel()
        self._under_way.pop(self, None)

    async def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            encrypted = await loop.start_tls(
                self._transport, self, self._context, server_side=True, ssl_handshake_timeout=HEAD_SECONDS
            )
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError
            self._transport.abort()
            return
        finally:
            self._under_way.pop(self, None)
        if encrypted is None or self._is_lost:
            return
        inner = self._create()
        encrypted.set_protocol(inner)
        inner.connection_made(encrypted)
        if self._early:
            with contextlib.suppress(ConnectionError):
                inner.data_received(self._early)
