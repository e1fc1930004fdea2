"""Passes bytes on to a server, and counts which process has sent and read how many."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter

import psutil


class CountingProxy:
    """port: of the server. host: where the proxy listens, on the same port unless it is the server's own host.

    sent, read: bytes by the id of the process at the other end.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._server = port
        self._listener = socket.create_server((host, 0 if host == "127.0.0.1" else port))
        self.port = self._listener.getsockname()[1]
        self.sent: Counter[int] = Counter()
        self.read: Counter[int] = Counter()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are there end with their server."""
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, address = self._listener.accept()
                pid = _process_at(address, client.getsockname())
                threading.Thread(target=self._join, args=(client, pid), daemon=True).start()

    def _join(self, client: socket.socket, pid: int) -> None:
        with (
            client,
            contextlib.suppress(ConnectionError),  # the server is away
            socket.create_connection(("127.0.0.1", self._server)) as server,
        ):
            answering = threading.Thread(target=_pass, args=(server, client, self.read, pid), daemon=True)
            answering.start()
            _pass(client, server, self.sent, pid)
            answering.join()


def _process_at(near: tuple[str, int], far: tuple[str, int]) -> int:
    """The id of the process at the near end of a connection. Others, open or just closed, may have the same port."""
    found = (each.pid for each in psutil.net_connections("tcp") if (each.laddr, each.raddr) == (near, far))
    return next((pid for pid in found if pid), 0)


def _pass(source: socket.socket, target: socket.socket, counter: Counter[int], pid: int) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            counter[pid] += len(piece)
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
