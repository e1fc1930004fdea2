"""Servers that answer as a test tells them, and our client's own parts."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from certificates import make as make_certificates
from told_server import KEY, Server, listening, server_context

from farmhand.client.network.network import NetworkSettings
from farmhand.client.service import Service
from farmhand.client.transfer.connections import ConnectionPool


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    with ExitStack() as stack:

        def start(tls: ssl.SSLContext | None = None) -> Server:
            told = Server()
            stack.enter_context(listening(told, tls))
            return told

        yield start


@pytest.fixture
def scheme() -> str:
    """What the servers speak; a module that tries both says so by a mark."""
    return "http"


@pytest.fixture
def start_server(start: Callable[..., Server], scheme: str, request: pytest.FixtureRequest) -> Callable[[], Server]:
    if scheme == "http":
        return start
    certificates = request.getfixturevalue("certificates")
    return lambda: start(server_context(certificates))


@pytest.fixture
def server(start_server: Callable[[], Server]) -> Server:
    return start_server()


@pytest.fixture
def other_server(start_server: Callable[[], Server]) -> Server:
    return start_server()


@pytest.fixture
def closed_port() -> int:
    """A port of this computer where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def network(scheme: str, request: pytest.FixtureRequest) -> NetworkSettings:
    trusted = str(request.getfixturevalue("certificates") / "ca.pem") if scheme == "https" else ""
    return NetworkSettings(ca_file=trusted, connect_seconds=5.0, silence_seconds=2.0, call_seconds=5.0)


@pytest.fixture
def pool(network: NetworkSettings) -> Iterator[ConnectionPool]:
    with ConnectionPool(network) as pool:
        yield pool


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """Where a download writes."""
    return tmp_path / "shot_0001.png.part"


@pytest.fixture
def service(server: Server, network: NetworkSettings) -> Iterator[Service]:
    with Service(f"{server.url}/api/external/v1", KEY, network=network) as service:
        yield service


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office's own authority (ca.pem) and a server's certificate of it for render.test and 127.0.0.1."""
    if made := os.environ.get("FARMHAND_CERTIFICATES"):  # made where there is openssl, for where there is none
        return Path(made)
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificates, is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture
def secure_server(start: Callable[..., Server], certificates: Path) -> Server:
    """A server whose certificate comes from the office's authority."""
    return start(server_context(certificates))
