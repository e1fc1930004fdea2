"""A real HTTP proxy for tests: for it every name is this computer, so that tests can use names that exist nowhere."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """seen: the first line of each request.  password: the Proxy-Authorization it wants, or ""."""

    port: int = 0
    password: str = ""
    seen: list[str] = field(default_factory=list)


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Listener

    def handle(self) -> None:
        told = self.server.told
        head = self._head()
        if not head:
            return
        told.seen.append(head[0])
        if told.password and f"Proxy-Authorization: {told.password}" not in head:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, version = head[0].split(" ")
        if method == "CONNECT":
            self._tunnel(int(target.rpartition(":")[2]), b"")
            return
        address, _, path = target.removeprefix("http://").partition("/")
        lines = [f"{method} /{path} {version}", *(line for line in head[1:] if not line.startswith("Proxy-")), "", ""]
        self._tunnel(int(address.rpartition(":")[2]), "\r\n".join(lines).encode("latin-1"))

    def _head(self) -> list[str]:
        lines = []
        while line := self.rfile.readline().decode("latin-1").strip():
            lines.append(line)
        return lines

    def _tunnel(self, port: int, first: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port)) as there, suppress(OSError):
            if first:
                there.sendall(first)
            else:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, self.connection), daemon=True)
            back.start()
            while piece := self.rfile.read1(65536):
                there.sendall(piece)
            there.shutdown(socket.SHUT_WR)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    told: Proxy


@contextmanager
def proxying() -> Iterator[Proxy]:
    """A proxy on a free port of this computer."""
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.told = Proxy(port=listener.server_address[1])
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield listener.told
        listener.shutdown()
