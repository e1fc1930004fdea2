"""Real proxies for tests, HTTP and SOCKS5: for them every name is this computer, so that names may exist nowhere."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """seen: the first line of each request. password: the Proxy-Authorization it wants, or ""."""

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
            self._pass_on(there)

    def _pass_on(self, there: socket.socket) -> None:
        back = threading.Thread(target=_copy, args=(there, self.connection), daemon=True)
        back.start()
        while piece := self.rfile.read1(65536):
            there.sendall(piece)
        there.shutdown(socket.SHUT_WR)
        back.join()


class _SocksHandler(_Handler):
    """RFC 1928, with the names and passwords of RFC 1929."""

    def handle(self) -> None:
        told = self.server.told
        _, count = self.rfile.read(2)
        self.rfile.read(count)
        self.wfile.write(b"\5\2" if told.password else b"\5\0")
        if told.password:
            self.rfile.read(1)
            name, password = (self.rfile.read(self.rfile.read(1)[0]).decode() for _ in range(2))
            is_good = f"{name}:{password}" == told.password
            self.wfile.write(b"\1\0" if is_good else b"\1\1")
            if not is_good:
                return
        kind = self.rfile.read(4)[3]
        host = self.rfile.read(self.rfile.read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(self.rfile.read(4))
        port = int.from_bytes(self.rfile.read(2), "big")
        told.seen.append(f"{host}:{port}")
        with socket.create_connection(("127.0.0.1", port)) as there, suppress(OSError):
            self.wfile.write(b"\5\0\0\1" + bytes(6))
            self._pass_on(there)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    told: Proxy


@contextmanager
def proxying(kind: str = "http", tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy on a free port of this computer. kind: "http" or "socks". tls: what it speaks on the way to it."""
    with _Listener(("127.0.0.1", 0), _SocksHandler if kind == "socks" else _Handler) as listener:
        if tls is not None:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
        listener.told = Proxy(port=listener.server_address[1])
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield listener.told
        listener.shutdown()
