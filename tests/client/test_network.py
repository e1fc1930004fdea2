"""Calls and files take the same way out: proxies, trusted certificates, and the same words when the way is blocked."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from stopping import canceling, waiting_threads
from told_proxy import proxying
from told_server import KEY, server_context
from waiting import PATIENCE, wait_until

from farmhand.client.cancellation import NEVER
from farmhand.client.error_messages import unreachable
from farmhand.client.errors import FarmhandError, LocalProblem, Malformed, Refused, Stopped, Unreachable
from farmhand.client.network.network import NetworkSettings
from farmhand.client.plain_text import MAX_WORDS
from farmhand.client.service import Service
from farmhand.client.transfer.connections import ConnectionPool
from farmhand.client.transfer.download import fetch
from farmhand.client.transfer.upload import put_file

DATA = os.urandom(2_000_000)
TIME = "2026-11-01T10:00:00Z"
JOB = {"id": "a", "status": "created", "workspaceId": "w", "createdAt": TIME, "updatedAt": TIME}
PROXY_PASSWORD = "Basic bWU6cEB3"  # me:p@w
WAYS = ["call", "download", "upload"]


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy():
    with proxying() as proxy:
        yield proxy


@pytest.fixture
def trusting(certificates):
    return NetworkSettings(ca_file=str(certificates / "ca.pem"), connect_seconds=5, silence_seconds=3)


@pytest.fixture
def trusting_pool(trusting):
    with ConnectionPool(trusting) as pool:
        yield pool


@pytest.fixture
def go(tmp_path):
    """Reach a server in one of the three ways; returns what the server saw."""

    def go(way, url, network, server, cancel=NEVER):
        file = tmp_path / "file"
        if way == "call":
            server.answers(body=JOB)
            with Service(url, KEY, network=network) as service:
                assert service.job("a").id == "a"
        elif way == "download":
            server.answers(body=DATA)
            with ConnectionPool(network) as pool:
                fetch(f"{url}/frame.png?sig=1", file, pool=pool, cancel=cancel)
            assert file.read_bytes() == DATA
        else:
            server.answers()
            file.write_bytes(DATA)
            with ConnectionPool(network) as pool:
                put_file(f"{url}/package?sig=1", file, pool=pool, cancel=cancel)
            assert server.asked[-1].body == DATA
        return server.asked[-1]

    return go


def named(url):
    """The same address by a name that only the proxy knows."""
    parts = urlsplit(url)
    return f"{parts.scheme}://render.test:{parts.port}"


@pytest.mark.parametrize("way", WAYS)
def test_an_offices_own_authority_is_trusted_when_its_file_is_given(way, go, secure_server, trusting):
    go(way, secure_server.url, trusting, secure_server)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the system's trust is no file there")
@pytest.mark.parametrize("way", WAYS)
def test_what_the_system_trusts_is_trusted_and_read_once(way, go, secure_server, network, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    context = network.new_tls()
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setattr(NetworkSettings, "new_tls", lambda self: context)
    go(way, secure_server.url, network, secure_server)


def test_one_encrypted_connection_serves_many_files(secure_server, trusting_pool, tmp_path):
    secure_server.answers(body=DATA)
    for number in range(3):
        fetch(secure_server.url, tmp_path / str(number), pool=trusting_pool)
    assert secure_server.connections == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_authority_that_nobody_trusts_is_named_with_what_to_do(way, go, secure_server, network):
    with pytest.raises(Unreachable, match="identity of 127") as caught:
        go(way, secure_server.url, network, secure_server)
    assert "certificate file" in caught.value.advice
    assert not secure_server.asked


@pytest.mark.parametrize("way", WAYS)
def test_https_to_a_server_without_tls_says_that_no_encryption_was_possible(way, go, server, network):
    with pytest.raises(Unreachable, match=r"secure connection|was lost"):
        go(way, server.url.replace("http:", "https:"), network, server)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secure", [False, True])
def test_the_systems_proxy_is_used_with_its_password(way, secure, go, request, proxy, trusting, monkeypatch):
    server = request.getfixturevalue("secure_server" if secure else "server")
    proxy.password = PROXY_PASSWORD
    monkeypatch.setenv("https_proxy" if secure else "http_proxy", f"http://me:p%40w@localhost:{proxy.port}")
    url = named(server.url)
    asked = go(way, url, trusting, server)
    assert proxy.seen and all(url.partition("//")[2] in line for line in proxy.seen)
    assert "Proxy-Authorization" not in asked.headers


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("password", ["", "me:p@w"])
def test_a_socks_proxy_is_used_and_looks_up_the_names(way, secure, password, go, request, trusting, monkeypatch):
    server = request.getfixturevalue("secure_server" if secure else "server")
    with proxying("socks") as proxy:
        proxy.password = password
        user = "me:p%40w@" if password else ""
        monkeypatch.setenv("all_proxy", f"socks5h://{user}localhost:{proxy.port}")
        go(way, named(server.url), trusting, server)
        assert proxy.seen and set(proxy.seen) == {named(server.url).partition("//")[2]}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secure", [False, True])
def test_the_way_to_the_proxy_may_be_encrypted(way, secure, go, request, certificates, trusting, monkeypatch):
    server = request.getfixturevalue("secure_server" if secure else "server")
    with proxying(tls=server_context(certificates)) as proxy:
        monkeypatch.setenv("https_proxy" if secure else "http_proxy", f"https://127.0.0.1:{proxy.port}")
        go(way, named(server.url), trusting, server)
        assert proxy.seen


@pytest.mark.parametrize("way", ["download", "upload"])
def test_a_link_from_elsewhere_never_leads_to_this_computer(way, go, server, network, proxy, monkeypatch, tmp_path):
    monkeypatch.setenv("http_proxy", f"http://localhost:{proxy.port}")
    with pytest.raises(Malformed, match="not a valid web address"):  # by a redirect
        go(way, named(server.url), network, told(server, f"{server.url}/secrets"))
    assert len(server.asked) == 1
    with ConnectionPool(network) as pool, pytest.raises(Malformed, match="not a valid web"):  # by the service's word
        fetch(f"{server.url}/secrets", tmp_path / "x", pool=pool, given_by="https://render.test/api")
    assert len(server.asked) == 1


def test_a_link_from_this_computer_may_lead_to_it(server, pool, tmp_path):
    server.answers(body=DATA)
    assert fetch(server.url, tmp_path / "x", pool=pool, given_by="http://localhost:1/api").bytes == len(DATA)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_that_wants_a_password_says_so(way, secure, go, request, proxy, trusting, monkeypatch):
    server = request.getfixturevalue("secure_server" if secure else "server")
    proxy.password = PROXY_PASSWORD
    monkeypatch.setenv("https_proxy" if secure else "http_proxy", f"http://localhost:{proxy.port}")
    with pytest.raises(Unreachable, match="requires a username and password"):
        go(way, named(server.url), trusting, server)
    assert not server.asked


@pytest.mark.parametrize("way", WAYS)
def test_this_computer_is_reached_without_the_proxy(way, go, server, network, monkeypatch, closed_port):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    go(way, server.url, network, server)


@pytest.mark.parametrize("way", WAYS)
def test_a_host_in_no_proxy_is_reached_directly(way, go, server, network, monkeypatch, closed_port):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("no_proxy", "render.test")
    with pytest.raises(Unreachable, match=r"render\.test:\d+ could not be found"):
        go(way, named(server.url), network, server)


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_of_a_kind_that_is_not_spoken_is_named(way, go, server, network, monkeypatch):
    monkeypatch.setenv("all_proxy", "socks4://me:pw@localhost:1080")
    with pytest.raises(Unreachable, match="socks4://localhost") as caught:
        go(way, named(server.url), network, server)
    assert "pw" not in str(caught.value)


def test_a_certificate_file_that_cannot_be_read_is_a_problem_of_this_computer(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(LocalProblem, match="cannot be used"):
            NetworkSettings(ca_file=str(tmp_path / name)).new_tls()


def test_the_proxys_password_is_in_no_repr(network, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://me:hush@proxy.test:3128")
    proxy = network.proxy_for("http://render.test/")
    assert "hush" not in f"{proxy!r} {proxy.url}"


def test_a_host_that_never_finishes_the_handshake_can_be_stopped(go, server, network):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        asked_at = time.monotonic() + 0.3
        with canceling(0.3) as cancel, pytest.raises(Stopped):
            go("download", url, network, server, cancel)
        assert time.monotonic() - asked_at < 5


@pytest.mark.parametrize("is_proxied", [False, True])
def test_a_connection_that_only_drips_while_it_is_made_is_given_up(is_proxied, tmp_path, monkeypatch):
    beginning = b"HTTP/1.1 200 OK\r\nX-Slow: " if is_proxied else b"\x16\x03\x03\x3f\x00\x02\x00\x3e\xfc"
    pool = ConnectionPool(NetworkSettings(connect_seconds=0.3))
    with pool, dripping(beginning) as port:
        if is_proxied:
            monkeypatch.setenv("https_proxy", f"http://localhost:{port}")
        host = "render.test" if is_proxied else "127.0.0.1"
        before, started = waiting_threads(), time.monotonic()
        with pytest.raises(Unreachable, match="timed out"):
            fetch(f"https://{host}:{port}/x", tmp_path / "x", pool=pool)
        assert time.monotonic() - started < 30
        wait_until(lambda: waiting_threads() <= before, "no thread is waiting")


@contextmanager
def dripping(beginning):
    """A port that answers with this, and then goes on byte by byte."""

    def drip(listener):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(beginning)
            while True:
                connection.sendall(b"\0")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)


def test_a_host_whose_name_is_not_ascii_is_asked_for_by_its_name_on_the_wire(
    proxy, server, pool, tmp_path, monkeypatch
):
    monkeypatch.setenv("http_proxy", f"http://localhost:{proxy.port}")
    server.answers(body=DATA)
    port = urlsplit(server.url).port
    fetch(f"http://größe.test:{port}/bild ä.png", tmp_path / "x", pool=pool)
    assert proxy.seen == [f"GET http://xn--gre-6ka8i.test:{port}/bild%20%C3%A4.png HTTP/1.1"]


@pytest.mark.parametrize(
    "location",
    [
        *("http://[::bad/x", "http://127.0.0.1:99999999/x", "http://exa mple/", "//", "http:///x", "x:\\\\["),
        *(f"http://xn--{'a' * 5000}/", f"http://a{'.a' * 30_000}/", f"/{'a' * 65_520}"),
    ],
    ids=lambda location: location[:12],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_redirect_to_what_is_no_address_is_put_in_words(way, location, go, server, network):
    with pytest.raises(FarmhandError) as caught:
        go(way, server.url, network, told(server, location))
    assert len(caught.value.what) < 2 * MAX_WORDS


@pytest.mark.parametrize("path", ["\\\u2100/x", "\\[\x1b[2J", "\\\x1bc\u202eevil/x"], ids=ascii)
@pytest.mark.parametrize("status", [404, 407, 302])
def test_an_error_names_the_host_of_a_link_however_the_link_is_written(status, path, server, pool, tmp_path):
    server.answers(status, Location=f"{server.url}/again")
    with pytest.raises(FarmhandError) as caught:
        fetch(server.url + path, tmp_path / "x", pool=pool)
    assert caught.value.what.isprintable() and "evil" not in caught.value.what
    assert status == 404 or f"127.0.0.1:{urlsplit(server.url).port} re" in caught.value.what


@pytest.mark.parametrize("line", [b"\x1b]0;owned\x07", b"HTTP/1.1 20\x9b OK", b"HTTP/1.1 " + b"x" * 60_000])
def test_the_status_line_of_storage_is_quoted_in_one_short_line(line, server, pool, tmp_path):
    server.answer = lambda handler, asked: handler.wfile.write(line + b"\r\n\r\n")
    with pytest.raises(Unreachable) as caught:
        fetch(server.url, tmp_path / "x", pool=pool)
    assert caught.value.what.isprintable() and len(caught.value.what) < 2 * MAX_WORDS


def told(server, location):
    """The server, which sends everybody on to there whatever it is told later."""
    server.answers(307, Location=location)
    server.answers = lambda *_, **__: None
    return server


def test_a_number_in_an_error_is_not_the_proxys_refusal():
    assert "password" not in unreachable(EOFError("14,407 bytes are missing"), "http://h/x").what


def test_a_download_follows_storage_to_another_host_but_never_out_of_encryption(
    secure_server, server, trusting_pool, tmp_path
):
    secure_server.answers(302, Location=f"{server.url}/plain")
    with pytest.raises(Refused, match="302"):
        fetch(secure_server.url, tmp_path / "file", pool=trusting_pool)
    assert not server.asked
