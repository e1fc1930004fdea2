"""HTTPS: by the farm itself, and by a real nginx before it, with the set-up of the documentation."""

import getpass
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from quick_engine import QuickFarm, package
from running_farm import API
from waiting import PATIENCE, wait_until

from cache import ROOT
from farmhand.client.network.http_server import HEAD_SECONDS

StartFarm = Callable[..., QuickFarm]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
MIB = 1024**2


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of “localhost”, signed by itself; its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*words, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def secure_farm(start_quick_farm: StartFarm, certificate: tuple[Path, Path]) -> QuickFarm:
    farm = start_quick_farm(cert=certificate[0], key=certificate[1])
    use(farm, farm.url, certificate[0])
    return farm


def use(farm: QuickFarm, url: str, ca: Path) -> None:
    """Let the farm's calls go there, and check its certificate."""
    farm.api.close()
    farm.trust = ssl.create_default_context(cafile=str(ca))
    headers = {"Authorization": f"Bearer {farm.token}"}
    farm.api = httpx.Client(base_url=url + API, headers=headers, timeout=60, trust_env=False, verify=farm.trust)


def upload(farm: QuickFarm, content: bytes) -> dict[str, str]:
    target = farm.ask("/uploads", fileName="scene.blend", fileType="blend")
    httpx.put(target["uploadUrl"], content=content, trust_env=False, verify=farm.trust, timeout=300).raise_for_status()
    return target


def rendered(farm: QuickFarm, content: bytes) -> list[str]:
    """The links to the frames of a job of this package."""
    job_id = farm.ask("/jobs", slug=upload(farm, content)["slug"])["id"]
    farm.ask(f"/jobs/{job_id}/validate")
    farm.wait_for(job_id, "validated")
    farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig={"colorManagementPreset": "default"})
    farm.wait_for(job_id, "completed")
    return [each["url"] for each in farm.downloads(job_id)["frameOutputs"]]


def test_a_job_goes_all_its_way_over_https(secure_farm: QuickFarm) -> None:
    assert secure_farm.url.startswith("https://")
    links = rendered(secure_farm, package(1))
    assert links and all(link.startswith(secure_farm.url) for link in links)
    assert httpx.get(links[0], verify=secure_farm.trust, trust_env=False).content.startswith(b"\x89PNG")


def test_a_client_without_the_certificate_does_not_trust_the_farm(secure_farm: QuickFarm) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(secure_farm.url + "/health", trust_env=False)


def test_plain_http_is_not_answered_there(secure_farm: QuickFarm) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(secure_farm.url.replace("https", "http") + "/health", trust_env=False)


def test_who_begins_no_handshake_is_closed(secure_farm: QuickFarm) -> None:
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", secure_farm.port)) as silent:
        silent.settimeout(HEAD_SECONDS + 60)
        assert silent.recv(1) == b""
    assert time.monotonic() - started < HEAD_SECONDS + 60


def test_who_shakes_hands_and_asks_nothing_is_closed(secure_farm: QuickFarm) -> None:
    with (
        socket.create_connection(("127.0.0.1", secure_farm.port)) as plain,
        secure_farm.trust.wrap_socket(plain, server_hostname="localhost") as silent,
    ):
        silent.settimeout(HEAD_SECONDS + 60)
        assert silent.recv(1) == b""


def test_many_who_begin_no_handshake_keep_nobody_out(secure_farm: QuickFarm) -> None:
    silent = [socket.create_connection(("127.0.0.1", secure_farm.port)) for _ in range(200)]
    try:
        assert secure_farm.api.get("/jobs").status_code == 200
    finally:
        for each in silent:
            each.close()


def test_a_request_that_comes_along_with_the_end_of_the_handshake_is_answered(secure_farm: QuickFarm) -> None:
    """All that the client has to send arrives in one piece, as it may on a real network."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = secure_farm.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", secure_farm.port), timeout=20) as connection:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                incoming.write(connection.recv(65536))
        client.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        connection.sendall(outgoing.read())
        answer = b""
        while b"ok" not in answer:
            try:
                answer += client.read(65536)
            except ssl.SSLWantReadError:
                incoming.write(connection.recv(65536))
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.fixture
def nginx(start_quick_farm: StartFarm, certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[QuickFarm]:
    """A farm behind a real nginx that has the set-up of examples/studio; the farm's calls go through it."""
    if NGINX is None:
        pytest.skip("nginx is not here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    farm = start_quick_farm(public_url=f"https://localhost:{port}")
    site = (ROOT / "examples" / "studio" / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "farm.studio;": "localhost;",
        "/etc/ssl/farm.studio/fullchain.pem": str(certificate[0]),
        "/etc/ssl/farm.studio/privkey.pem": str(certificate[1]),
        "127.0.0.1:7420": f"127.0.0.1:{farm.port}",
    }
    for before, after in changes.items():
        assert before in site
        site = site.replace(before, after)
    (tmp_path / "site.conf").write_text(site)
    temporary = " ".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; user {getpass.getuser()};\n"
        f"events {{}}\nhttp {{ {temporary} include {tmp_path}/site.conf; }}\n"
    )
    server = subprocess.Popen([NGINX, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
    try:
        use(farm, f"https://localhost:{port}", certificate[0])
        wait_until(lambda: _answers(port), "nginx listens")
        yield farm
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_job_goes_all_its_way_through_nginx(nginx: QuickFarm) -> None:
    links = rendered(nginx, package(2))
    assert links and all(link.startswith("https://localhost:") for link in links)
    assert httpx.get(links[0], verify=nginx.trust, trust_env=False).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [32 * MIB, pytest.param(1024 * MIB, marks=pytest.mark.soak)])
def test_a_large_upload_goes_through_nginx_without_being_kept_there(
    nginx: QuickFarm, tmp_path: Path, size: int
) -> None:
    block, uploads, seen = os.urandom(MIB), nginx.data / "objects" / "uploads", threading.Event()

    def body() -> Iterator[bytes]:
        for number in range(size // MIB):
            yield block
            if number == size // MIB // 2:
                wait_until(lambda: _bytes_in(uploads) > size // 4, "the farm has what nginx has")
                seen.set()

    target = nginx.ask("/uploads", fileName="scene.blend", fileType="blend")
    headers = {"Content-Length": str(size)}
    answer = httpx.put(
        target["uploadUrl"], content=body(), headers=headers, verify=nginx.trust, trust_env=False, timeout=600
    )
    assert answer.status_code == 200 and seen.is_set()
    arrived = uploads / f"{target['slug']}.blend"
    digest = hashlib.sha256()
    for _ in range(size // MIB):
        digest.update(block)
    with arrived.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest()
    assert not [each for kind in ("client_body", "proxy") for each in (tmp_path / kind).rglob("*") if each.is_file()]


def _bytes_in(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.iterdir()) if folder.exists() else 0


def test_events_come_through_nginx_at_once(nginx: QuickFarm, tmp_path: Path) -> None:
    origin = str(nginx.api.base_url).removesuffix(f"{API}/")
    with httpx.Client(base_url=origin, verify=nginx.trust, trust_env=False, timeout=60) as browser:
        signed_in = browser.post("/web/sign-in", data={"key": nginx.token}, headers={"Origin": origin})
        assert signed_in.status_code == 303
        with browser.stream("GET", "/web/events") as events:
            assert events.headers["Content-Type"].startswith("text/event-stream")
            lines = events.iter_lines()
            upload(nginx, package(3))
            job = nginx.ask("/jobs", slug=upload(nginx, package(4))["slug"])
            started = time.monotonic()
            nginx.ask(f"/jobs/{job['id']}/validate")
            assert next(line for line in lines if line.startswith("data:"))
            assert time.monotonic() - started < 60
