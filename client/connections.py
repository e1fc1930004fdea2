"""Connections for large files: kept open between transfers, shared by threads, and never deaf to a wish to stop.

httpx copies every byte several times in Python; a file needs http.client's plain socket to move at the wire's speed.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import struct
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec
from urllib.parse import urlsplit

from .errors import Stopped

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

    from .network import NetworkSettings, Proxy

ShouldStop = Callable[[], bool]
SLICE_SECONDS = 0.25
"""How long any wait lasts before `should_stop` is asked again."""
IDLE_SECONDS = 30.0
"""A connection unused for longer is not used again: servers close them without a word."""
IDLE_PER_HOST = 32
BUFFER_BYTES = 256 * 1024
READER_BYTES = 16 * 1024
LEAST_BYTES = 1024
"""What must move within the time limit for silence."""
P = ParamSpec("P")


def never() -> bool:
    """The should_stop of a transfer that nobody stops."""
    return False


def check(should_stop: ShouldStop) -> None:
    """Raise Stopped if asked to."""
    if should_stop():
        raise Stopped("The transfer was stopped.")


class AnsweredEarly(Exception):
    """The server answers before it has the whole body: it refuses."""


class PatientSocket:
    """A connected socket that waits in slices, and between them asks whether to stop.

    It has what http.client uses of a socket.  Like a real one it stays open until the readers made of it are closed.
    """

    def __init__(self, sock: socket.socket, silence_seconds: float) -> None:
        self._is_timed_by_system = _let_the_system_time(sock)
        self._should_stop: ShouldStop = never
        self._sock = sock
        self._waited = 0.0
        self._moved = 0
        self._silence_seconds = silence_seconds
        self._readers = 0
        self._closed = False

    def begin(self, should_stop: ShouldStop) -> None:
        """From now on the connection serves another transfer."""
        self._should_stop = should_stop
        self._waited, self._moved = 0.0, 0

    def recv_into(self, buffer: WriteableBuffer) -> int:
        return self._patiently(self._receive, buffer, 0)

    def fill(self, view: memoryview) -> int:
        """Read into view until it is full, a moment has passed, or the other side has no more to say.

        TLS hands out 16 KiB at a time: gathering them here costs far less than taking each through a reader.  The
        system gathers a plain socket's bytes itself, in one call.
        """
        if self._is_timed_by_system:
            return self._patiently(self._receive, view, socket.MSG_WAITALL)
        have = first = self.recv_into(view)
        enough = time.monotonic() + SLICE_SECONDS
        try:
            while 0 < have < len(view) and time.monotonic() < enough:
                count = self._sock.recv_into(view[have:])
                if not count:
                    break
                have += count
        except OSError:
            pass  # what came before is good; if it was more than a pause, the next read says so
        self._account(have - first, 0.0)
        return have

    def sendall(self, data: ReadableBuffer) -> None:
        view = memoryview(data).cast("B")
        sent = 0
        while sent < len(view):
            sent += self._patiently(self._send_some, view[sent:])

    def check_for_answer(self) -> None:
        """Raise AnsweredEarly if there is something to read.  Under TLS that may be anything, so it tells nothing."""
        if not isinstance(self._sock, ssl.SSLSocket) and _can_read(self._sock):
            raise AnsweredEarly

    def makefile(self, mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self), READER_BYTES)

    def close(self) -> None:
        self._closed = True
        self._close_unless_read()

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_unless_read()

    def looks_dead(self) -> bool:
        """Whether an idle connection was closed by the other side, or holds bytes that nobody asked for."""
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        return _can_read(self._sock)

    def _close_unless_read(self) -> None:
        if self._closed and not self._readers:
            self._sock.close()

    def _patiently(self, attempt: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
        started = time.monotonic()
        while True:
            try:
                moved = attempt(*args, **kwargs)
                break
            except TimeoutError as error:
                check(self._should_stop)
                if error.errno is not None or time.monotonic() - started >= self._silence_seconds:
                    raise
        self._account(moved, time.monotonic() - started)
        return moved

    def _account(self, moved: int, waited: float) -> None:
        """A drip is as good as silence: it would keep a transfer for days."""
        self._moved += moved
        self._waited += waited
        if self._moved >= LEAST_BYTES:
            self._waited, self._moved = 0.0, 0
        elif self._waited >= self._silence_seconds:
            raise TimeoutError(f"only {self._moved} bytes came in {self._waited:.0f} s")

    def _receive(self, buffer: WriteableBuffer, flags: int) -> int:
        if not self._is_timed_by_system:
            return self._sock.recv_into(buffer)
        try:
            return self._sock.recv_into(buffer, 0, flags)
        except BlockingIOError:
            raise TimeoutError("timed out") from None

    def _send_some(self, view: memoryview) -> int:
        try:
            return self._sock.send(view)
        except (TimeoutError, BlockingIOError) as error:
            self.check_for_answer()
            raise TimeoutError("timed out") from error


class _Reader(io.RawIOBase):
    """The reading end of a PatientSocket."""

    def __init__(self, sock: PatientSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._sock.reader_closed()


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
        self._idle: dict[str, list[Connection]] = defaultdict(list)
        self._tls: list[ssl.SSLContext] = []

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
        secure = origin.startswith("https:")
        tls = self._borrow_tls() if secure else None
        http_connection = _http_connection(url, proxy, tls, self._network.connect_seconds)
        result: Future[None] = Future()

        def connect() -> None:
            try:
                http_connection.connect()
            except BaseException as error:
                result.set_exception(error)
            else:
                result.set_result(None)
            if tls is not None:
                self._tls.append(tls)

        # Looking up a name and shaking hands cannot be interrupted: a thread of its own may be left behind.
        threading.Thread(target=connect, name="farmhand-connect", daemon=True).start()
        while not wait([result], SLICE_SECONDS).done:
            if should_stop():
                result.add_done_callback(lambda _: http_connection.close())
                check(should_stop)
        result.result()
        sock: Any = PatientSocket(http_connection.sock, self._network.silence_seconds)
        http_connection.sock = sock
        return Connection(http_connection, origin, proxy)

    def _borrow_tls(self) -> ssl.SSLContext:
        """A context for one handshake: truststore locks it meanwhile, so a silent host would hold up all others."""
        try:
            return self._tls.pop()
        except IndexError:
            return self._network.new_tls()


def origin_of(url: str) -> str:
    """Scheme, host and port, as they stand in the address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _http_connection(
    url: str, proxy: Proxy | None, tls: ssl.SSLContext | None, seconds: float
) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if tls is None:
        address = (proxy.host, proxy.port) if proxy else (host, parts.port or 80)
        return http.client.HTTPConnection(*address, timeout=seconds)
    port = parts.port or 443
    if proxy is None:
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=tls)
    tunnel = http.client.HTTPSConnection(proxy.host, proxy.port, timeout=seconds, context=tls)
    tunnel.set_tunnel(host, port, headers=proxy.headers)
    return tunnel


def _let_the_system_time(sock: socket.socket) -> bool:
    """Make each wait end after a slice; says whether the system sees to it, which saves a call before each read.

    Not under TLS, whose records Python's own clock times, nor on Windows, where a socket is of no use after a wait
    that the system ended (Microsoft, SO_RCVTIMEO).
    """
    if sys.platform == "win32" or isinstance(sock, ssl.SSLSocket):
        sock.settimeout(SLICE_SECONDS)
        return False
    sock.settimeout(None)
    slice_of_time = struct.pack("ll", 0, int(SLICE_SECONDS * 1e6))
    for which in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, which, slice_of_time)
    return True


def _can_read(sock: socket.socket) -> bool:
    """Whether bytes or the end of the connection are there to be read now."""
    if hasattr(select, "poll"):  # select() itself fails above 1,024 open files
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])
