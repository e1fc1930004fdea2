"""Connections for large files: kept open between transfers, shared by threads, and never deaf to a wish to stop.

httpx copies every byte several times in Python; a file needs http.client's plain socket to move at the wire's speed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..cancellation import within
from .socket import PatientSocket, SecureSocket, ShouldStop, Tls, never, shake_hands

if TYPE_CHECKING:
    from ..network import NetworkSettings, Proxy

IDLE_SECONDS = 30.0
"""A connection unused for longer is not used again: servers close them without a word."""
IDLE_PER_HOST = 32
BUFFER_BYTES = 1024 * 1024
"""Room for a frame: each further piece is one more wait for Python's lock, which the other transfers hold."""
CACHED_BYTES = 256 * 1024
"""What moves at once of a large file, which moves mostly alone: it stays in the processor's cache."""
_WHOLE = 2.0
"""Times `connect_seconds` for a whole connection: a host's first address may be a dead one."""


class Connection:
    """One open connection to one host, used by one transfer at a time.

    is_used: whether it has served a request before, so that it may have died while idle.
    """

    def __init__(self, http_connection: http.client.HTTPConnection, origin: str, proxy: Proxy | None) -> None:
        self.origin = origin
        self.is_used = False
        self.idle_since = 0.0
        self._http = http_connection
        self._plain_proxy = proxy if origin.startswith("http:") else None

    @property
    def socket(self) -> PatientSocket:
        assert isinstance(self._http.sock, PatientSocket)
        return self._http.sock

    @cached_property
    def buffer(self) -> memoryview:
        """Room for what arrives, used again for every file."""
        return memoryview(bytearray(BUFFER_BYTES))

    def request(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        """Send the head of a request; a body follows through `socket`."""
        path = url.removeprefix(self.origin)
        path = path if path.startswith("/") else f"/{path}"
        target = f"{self.origin}{path}" if self._plain_proxy else path
        self._http.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {**headers, **(self._plain_proxy.headers if self._plain_proxy else {})}.items():
            self._http.putheader(name, value)
        self._http.endheaders()

    def response(self) -> http.client.HTTPResponse:
        """Wait for the head of the answer."""
        return self._http.getresponse()

    def close(self) -> None:
        self._http.close()


class Connections:
    """Open connections by host.  Safe to share between threads."""

    def __init__(self, network: NetworkSettings) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._idle: dict[str, list[Connection]] = defaultdict(list)

    def take(self, url: str, should_stop: ShouldStop, *, fresh: bool = False) -> Connection:
        """A connection to the host of this address: an idle one, or a new one.  Raises OSError, Stopped."""
        origin = origin_of(url)
        connection = None if fresh else self._take_idle(origin)
        if connection is None:
            connection = self._connect(url, origin, should_stop)
        connection.socket.begin(should_stop)
        return connection

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end."""
        connection.socket.begin(never)
        connection.is_used = True
        connection.idle_since = time.monotonic()
        with self._lock:
            idle = self._idle[connection.origin]
            if len(idle) < IDLE_PER_HOST:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle; a transfer under way keeps its connection."""
        with self._lock:
            idle = [connection for connections in self._idle.values() for connection in connections]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _take_idle(self, origin: str) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle[origin]:
                    return None
                connection = self._idle[origin].pop()
            if time.monotonic() - connection.idle_since < IDLE_SECONDS and not connection.socket.looks_dead():
                return connection
            connection.close()

    def _connect(self, url: str, origin: str, should_stop: ShouldStop) -> Connection:
        proxy = self._network.proxy_for(url)
        context = self._network.tls if origin.startswith("https:") else None
        http_connection = _HttpConnection(url, proxy, context, self._network.connect_seconds)
        seconds = _WHOLE * self._network.connect_seconds
        within(seconds, http_connection.connect, should_stop, http_connection.abandon)
        http_connection.be_patient(self._network.silence_seconds, self._turn)
        return Connection(http_connection, origin, proxy)


def origin_of(url: str) -> str:
    """Scheme, host and port, as they stand in the address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _HttpConnection(http.client.HTTPConnection):
    """To the host of an address, through the proxy if there is one, with TLS if there is a context for it."""

    def __init__(self, url: str, proxy: Proxy | None, context: ssl.SSLContext | None, seconds: float) -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if context else 80)
        address = (proxy.host, proxy.port) if proxy else (host, port)
        super().__init__(*address, timeout=seconds)
        if proxy and context:
            self.set_tunnel(host, port, headers=proxy.headers)
        self._context = context
        self._server = host
        self._tls: Tls | None = None

    def connect(self) -> None:
        super().connect()
        if self._context is not None:
            try:
                self._tls = shake_hands(self.sock, self._context, self._server)
            except BaseException:
                self.close()
                raise

    def abandon(self) -> None:
        """Close it under another thread that waits for it."""
        sock = self.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.close()

    def be_patient(self, silence_seconds: float, turn: threading.Lock) -> None:
        """From now on http.client reads and writes through a socket of ours."""
        sock: Any = self.sock
        if self._tls:
            self.sock = SecureSocket(sock, self._tls, silence_seconds, turn)
        else:
            self.sock = PatientSocket(sock, silence_seconds)
