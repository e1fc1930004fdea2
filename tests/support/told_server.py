"""A real HTTP server that answers as a test tells it, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY = "RJ-3f7c-secret-of-the-studio"
JOB = {
    "id": "0b9c",
    "status": "created",
    "workspaceId": "w",
    "createdAt": "2026-11-01T10:00:00Z",
    "updatedAt": "2026-11-01T10:00:00.123Z",
}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """Answers each request with what `answer` makes of it."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler, Asked], None] = lambda handler, asked: reply(handler, 404)
    reads_bodies: bool = True
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answers(self, status: int = 200, body: Any = b"", **headers: str) -> None:
        """From now on the same answer to everything; a body that is not bytes goes out as JSON."""
        self.answer = lambda handler, asked: reply(handler, status, body, **headers)


def reply(handler: BaseHTTPRequestHandler, status: int, body: Any = b"", **headers: str) -> None:
    """Send a whole answer; header names are written with _ for -."""
    if not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {"Content_Type": "application/json", **headers}
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """End the connection now, without another word."""
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def _serve(self) -> None:
        told = self.server.told
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if told.reads_bodies else b""
        asked = Asked(self.command, self.path, dict(self.headers), body)
        told.asked.append(asked)
        told.answer(self, asked)

    do_GET = do_POST = do_PUT = _serve

    def log_message(self, *args: object) -> None:
        pass


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    told: Server

    def process_request(self, request: Any, address: Any) -> None:
        self.told.connections += 1
        super().process_request(request, address)

    def handle_error(self, request: Any, address: Any) -> None:
        pass  # a client that hangs up is what some tests are about


@contextmanager
def listening(told: Server, tls: ssl.SSLContext | None) -> Iterator[None]:
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.told = told
        if tls is not None:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
        told.url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.server_address[1]}"
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield
        told.over.set()
        listener.shutdown()


def server_context(certificates: Path) -> ssl.SSLContext:
    """What a server speaks whose certificate is the one that the tests made."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    return context
