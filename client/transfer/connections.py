"""Connections for files: urllib3's pools, with transfers that another thread can abort at any moment."""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager
from urllib3.exceptions import HTTPError

from ..cancellation import CancelToken, run_with_deadline, shut_down
from ..network import link_targets
from ..network.bounded_response import BoundedResponse
from ..network.network import NetworkSettings, Proxy
from .piece_size import PieceSize

IDLE_SECONDS = 30.0
"""A connection idle for longer is not reused: routers on the way may have dropped it."""
MAX_TRANSFERS = 32
"""Simultaneous uploads and downloads."""
_MAX_ORIGINS = 64
"""How many origins the pool remembers; a service may name any number."""
_WHOLE = 2.0
"""Time limit for a whole connection, in `connect_seconds`: a host's first address may be dead."""
_SLOT_SECONDS = 0.25
_thread = threading.local()


class Transfer:
    """One upload or download, as a context manager: it waits for one of the pool's slots.

    given_by: the address of the service that gave the link, if the link is untrusted.
    needs_fresh: whether it needs a new connection. is_silent: whether the pool aborted it because nothing moved.
    """

    def __init__(
        self, pool: ConnectionPool, cancel: CancelToken, *, needs_fresh: bool = False, given_by: str = ""
    ) -> None:
        self.cancel = cancel
        self.given_by = given_by
        self.needs_fresh = needs_fresh
        self.is_silent = False
        self.is_waiting = False
        self.touched_at = 0.0
        self.connection: Connection | None = None
        self._pool = pool

    def __enter__(self) -> Transfer:
        while not self._pool.slots.acquire(timeout=_SLOT_SECONDS):
            self.cancel.raise_if_canceled()
        _thread.transfer = self
        self._pool.watch(self)
        self.cancel.add(self.interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        self.waits(False)
        self.cancel.remove(self.interrupt)
        self._pool.under_way.discard(self)
        self._pool.slots.release()

    def waits(self, is_waiting: bool) -> None:
        """Record whether it waits for the network from now on."""
        self.touched_at = time.monotonic()
        self.is_waiting = is_waiting

    def interrupt(self) -> None:
        """Shut down its connection; may be called from any thread."""
        connection = self.connection
        if connection is not None and connection.transfer is self:
            connection.shut_down()

    def origin_of(self, url: str) -> str:
        """Where its last answer came from, by the IP address of the connection. url: what was asked for."""
        return link_targets.with_peer(origin_of(url), self.connection.peer if self.connection else "")

    def raise_if_broken_off(self) -> None:
        """Raise Stopped if canceled, HTTPError if nothing moved."""
        self.cancel.raise_if_canceled()
        if self.is_silent:
            raise HTTPError("nothing moved")


class Connection(HTTPConnection):
    """A connection that another thread can shut down, whatever it waits for.

    peer: the IP address of the other end; "" behind a proxy.
    """

    peer = ""
    response_class = BoundedResponse
    transfer: Transfer | None = None
    piece_size: PieceSize
    _given_by = ""
    _wire: socket.socket | None = None

    def _new_conn(self) -> Any:
        sock = super()._new_conn()
        if self.proxy is None and not isinstance(self, SOCKSConnection):
            try:
                self.peer = sock.getpeername()[0]
                if self._given_by:
                    link_targets.check(self.peer, self._given_by)
            except BaseException:
                sock.close()
                raise
        self._wire = sock.dup()  # valid even during the TLS handshake, which detaches the socket itself
        return sock

    def connect(self) -> None:
        """With one time limit for name, proxy and TLS. Raises Malformed if the link may not lead there."""
        self._given_by = _thread.transfer.given_by
        self.piece_size = PieceSize()
        seconds = _WHOLE * float(self.timeout or math.inf)
        run_with_deadline(super().connect, seconds, _thread.transfer.cancel, self.abandon)
        second, self._wire = self._wire, getattr(self.sock, "socket", self.sock)  # `.socket`: TLS in TLS
        if second is not None:
            second.close()

    def request(self, *args: Any, **options: Any) -> None:
        """Send a request; until the next one, the connection belongs to this thread's transfer."""
        self.transfer = transfer = _thread.transfer
        transfer.connection = self
        transfer.raise_if_broken_off()
        if self.is_closed:
            self.connect()
        self.timeout = None  # from here on the pool watches, and notices a trickle as well
        transfer.waits(True)
        try:
            super().request(*args, **options)
        except ssl.SSLEOFError as error:  # as without TLS: urllib3 then reads the server's refusal
            raise BrokenPipeError from error

    @property
    def is_connected(self) -> bool:
        """Whether this thread's transfer may reuse it. Not for another service's link: it might lead too near."""
        before, now = self.transfer, _thread.transfer
        if before is None or now.needs_fresh or self._given_by != now.given_by:
            return False
        return time.monotonic() - before.touched_at < IDLE_SECONDS and super().is_connected

    @property
    def is_answered(self) -> bool:
        """Whether an answer can be read. Always false with TLS, where the data may be something else."""
        return not isinstance(self, HTTPSConnection) and not super().is_connected

    def shut_down(self) -> None:
        """Shut down the socket, which wakes up the threads that wait for it."""
        if self._wire is not None:
            shut_down(self._wire)

    def abandon(self) -> None:
        self.shut_down()
        self.close()

    def close(self) -> None:
        super().close()
        if self._wire is not None:
            self._wire.close()


class _Secure(Connection, HTTPSConnection):
    pass


class _Socks(Connection, SOCKSConnection):
    pass


class _SecureSocks(Connection, SOCKSHTTPSConnection):
    pass


class ConnectionPool:
    """Connections to any host, kept open between files. Safe to share between threads."""

    def __init__(self, network: NetworkSettings | None = None, *, max_transfers: int = MAX_TRANSFERS) -> None:
        self._network = network or NetworkSettings()
        self._guard = threading.Lock()
        self._managers: dict[tuple[Proxy | None, bool], PoolManager] = {}
        self._by_origin: dict[str, PoolManager] = {}
        self._is_watched = False
        self.slots = threading.Semaphore(max_transfers)
        self.under_way: set[Transfer] = set()

    def __enter__(self) -> ConnectionPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections; a running transfer keeps its own."""
        with self._guard:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()
            self._by_origin.clear()

    def send(self, method: str, url: str, headers: Mapping[str, str], body: Iterator[Any] | None) -> BaseHTTPResponse:
        """Send the request of this thread's transfer.

        Args:
            method, url, headers: of the request.
            body: its pieces, or None.

        Returns:
            The response, its body not yet read.
        """
        origin = origin_of(url)
        manager = self._by_origin.get(origin) or self._manager(origin)
        try:
            return manager.urlopen(
                method, url, body=body, headers=headers, redirect=False, preload_content=False, decode_content=False
            )
        except HTTPError:
            with self._guard:
                self._by_origin.pop(origin, None)  # the system may have another proxy now
            raise

    def watch(self, transfer: Transfer) -> None:
        """Abort it when it waits for too long. A trickle counts as silence: it could keep a transfer busy for days."""
        with self._guard:
            self.under_way.add(transfer)
            if not self._is_watched:
                self._is_watched = True
                threading.Thread(target=self._watch, name="farmhand-watch", daemon=True).start()

    def _watch(self) -> None:
        silence = self._network.silence_seconds
        while True:
            time.sleep(min(1.0, silence / 4))
            with self._guard:
                if not self.under_way:
                    self._is_watched = False
                    return
            for transfer in list(self.under_way):
                if transfer.is_waiting and time.monotonic() - transfer.touched_at > silence:
                    transfer.is_silent = True
                    transfer.interrupt()

    def _manager(self, origin: str) -> PoolManager:
        key = self._network.proxy_for(origin), origin.startswith("https:")
        with self._guard:
            manager = self._managers.get(key) or _new_manager(self._network, *key)
            self._managers[key] = self._by_origin[origin] = manager
            if len(self._by_origin) > _MAX_ORIGINS:
                del self._by_origin[next(iter(self._by_origin))]
            return manager


def origin_of(url: str) -> str:
    """Scheme, host and port of an address that has a path."""
    return url[: url.find("/", 8)]


def _new_manager(network: NetworkSettings, proxy: Proxy | None, is_secure: bool) -> PoolManager:
    kinds: tuple[type[Connection], type[Connection]] = Connection, _Secure
    options: dict[str, Any] = {
        "maxsize": MAX_TRANSFERS,
        "timeout": Timeout(connect=network.connect_seconds, read=None),
        "retries": False,
    }
    if is_secure or (proxy and proxy.scheme == "https"):
        options["ssl_context"] = network.new_tls()
    if proxy is None:
        manager = PoolManager(**options)
    elif proxy.scheme.startswith("socks"):
        manager = SOCKSProxyManager(proxy.url, proxy.user or None, proxy.password or None, **options)
        kinds = _Socks, _SecureSocks
    else:
        options |= {"proxy_headers": proxy.headers, "proxy_ssl_context": options.get("ssl_context")}
        manager = ProxyManager(proxy.url, **options)
    plain, secure = kinds
    manager.pool_classes_by_scheme = {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
    return manager
