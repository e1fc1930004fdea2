"""How many files a courier moves at a time, however many submissions it carries.

A submission that only waits or looks costs nothing and is never held back by the others.
"""

from __future__ import annotations

import threading
from functools import cached_property

from ...client.network import NetworkSettings
from ...client.transfer.connections import Connection, Connections
from ...client.transfer.socket import SLICE_SECONDS, ShouldStop, check

MOST_UPLOADS = 4
"""Packages sent to one server at a time: more of them only share the same line."""
MOST_FILES = 32
"""Files under way at a time, up and down."""


class SharedNetwork(NetworkSettings):
    """The network of all submissions of a courier."""

    @cached_property
    def connections(self) -> Connections:
        return _FewConnections(self, MOST_FILES)


class _FewConnections(Connections):
    """Lends only so many at a time; who wants one more waits, and hears a wish to stop meanwhile."""

    def __init__(self, network: NetworkSettings, most: int) -> None:
        super().__init__(network)
        self._room = threading.Semaphore(most)

    def take(self, url: str, should_stop: ShouldStop, *, fresh: bool = False) -> Connection:
        while not self._room.acquire(timeout=SLICE_SECONDS):
            check(should_stop)
        try:
            connection = super().take(url, should_stop, fresh=fresh)
        except BaseException:
            self._room.release()
            raise
        assert isinstance(connection, _Lent)
        connection.is_lent = True
        return connection

    def give_back(self, connection: Connection) -> None:
        assert isinstance(connection, _Lent)
        connection.free()
        super().give_back(connection)

    def _connect(self, url: str, origin: str, should_stop: ShouldStop) -> Connection:
        return _Lent(super()._connect(url, origin, should_stop), self._room)


class _Lent(Connection):
    """A connection that makes room for the next one when its file has moved or broken off."""

    def __init__(self, plain: Connection, room: threading.Semaphore) -> None:
        vars(self).update(vars(plain))
        self.is_lent = False
        self._room = room

    def free(self) -> None:
        if self.is_lent:
            self.is_lent = False
            self._room.release()

    def close(self) -> None:
        super().close()
        self.free()
