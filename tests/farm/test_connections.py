"""Strangers without a key: they may come, and they hold up nobody."""

import asyncio
import contextlib
import re
import select
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_farm import API, RunningFarm
from waiting import PATIENCE, wait_until

from farmhand.client.network import http_server
from farmhand.farm.listening import Server

DESCRIPTORS = 320
FORM = b"POST /web/sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 8000\r\n\r\n"


@pytest.fixture
def small_farm(tmp_path: Path, blender_command: list[str]) -> Iterator[RunningFarm]:
    """A farm whose system gives it few descriptors, as a Mac's desktop does."""
    farm = RunningFarm(tmp_path / "farm", blender_command, before=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
    yield farm
    farm.stop()


def half_open(farm: RunningFarm, count: int) -> list[socket.socket]:
    port = int(farm.url.rpartition(":")[2])
    sockets = []
    for _ in range(count):
        each = socket.create_connection(("127.0.0.1", port), timeout=5)
        each.sendall(b"GET / HTTP/1.1\r\nX: ")
        sockets.append(each)
    return sockets


def is_closed(each: socket.socket) -> bool:
    each.settimeout(0.05)
    try:
        return each.recv(10) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def jobs(farm: RunningFarm) -> None:
    """Ask over a new connection."""
    headers = {"Authorization": f"Bearer {farm.token}"}
    address = f"{farm.url}{API}/jobs"
    httpx.get(address, headers=headers, timeout=http_server.HEAD_SECONDS, trust_env=False).raise_for_status()


def test_hundreds_of_half_open_connections_fail_no_frame_and_keep_nobody_out(
    small_farm: RunningFarm, scene_file: Callable[..., Path]
) -> None:
    job_id = small_farm.start_render(scene_file("animated"))
    sockets = half_open(small_farm, 400)
    started = time.monotonic()
    # Not over the connection that was there: it has waited longest, and may be the one that makes room.
    jobs(small_farm)
    assert time.monotonic() - started < http_server.HEAD_SECONDS
    assert small_farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
    for each in sockets:
        each.close()


@pytest.mark.parametrize(
    "request_of_a_stranger",
    [
        FORM + b"key=",
        b"GET /web/static/farm.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300,
    ],
    ids=["forms that do not end", "answers that nobody reads"],
)
def test_requests_that_never_end_use_no_more_descriptors_than_there_are(
    small_farm: RunningFarm, request_of_a_stranger: bytes
) -> None:
    port = int(small_farm.url.rpartition(":")[2])
    with contextlib.ExitStack() as open_sockets:
        for _ in range(DESCRIPTORS + 40):
            each = open_sockets.enter_context(socket.socket())
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            each.settimeout(3)
            with contextlib.suppress(OSError):
                each.connect(("127.0.0.1", port))
                each.setblocking(False)
                each.send(request_of_a_stranger)
            time.sleep(0.01)  # so that the request is under way before the next one comes
        jobs(small_farm)
        assert len(list(Path(f"/proc/{small_farm.process.pid}/fd").iterdir())) < DESCRIPTORS - 100


def test_whoever_leaves_or_talks_nonsense_writes_nothing_into_the_log(farm: RunningFarm) -> None:
    """Strangers could fill it until nothing else is in it."""
    port = int(farm.url.rpartition(":")[2])
    log = farm.data / "logs" / "farm.log"
    before = log.stat().st_size
    for words in (FORM + b"key=", b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as each:
                each.sendall(words)
                time.sleep(0.01)
    farm.api.get("/jobs").raise_for_status()
    assert "sign-in" not in (added := log.read_text(encoding="utf-8")[before:]) and "Invalid" not in added


def test_a_form_that_drips_is_given_up(farm: RunningFarm) -> None:
    port = int(farm.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=25) as slow:
        slow.sendall(FORM)
        started = time.monotonic()
        while time.monotonic() - started < 20 and not select.select([slow], [], [], 0.5)[0]:
            slow.sendall(b"k")
        assert b" 408 " in slow.recv(100)


def test_a_request_head_that_drips_is_given_up(farm: RunningFarm) -> None:
    end = time.monotonic() + http_server.HEAD_SECONDS + 60
    with half_open(farm, 1)[0] as slow:
        while not is_closed(slow) and time.monotonic() < end:
            try:
                slow.sendall(b"a")
            except OSError:
                break
            time.sleep(0.5)
    assert time.monotonic() < end


def test_a_connection_that_says_nothing_is_given_up(farm: RunningFarm) -> None:
    port = int(farm.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as silent:
        wait_until(lambda: is_closed(silent), "it is closed", seconds=http_server.HEAD_SECONDS + 60)


def test_a_request_head_longer_than_any_real_one_is_refused(farm: RunningFarm) -> None:
    port = int(farm.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as endless:
        try:
            for _ in range(100):
                endless.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 65536)
        except OSError:
            return
        assert endless.recv(100).startswith(b"HTTP/1.1 400") or is_closed(endless)


def test_answers_over_a_kept_connection_do_not_wait_for_the_clients_acknowledgment(farm: RunningFarm) -> None:
    """A head and a body in two packets: the second would be held back for 40 ms, until the first is acknowledged."""
    times = []
    for _ in range(60):
        began = time.perf_counter()
        farm.api.get("/jobs/progress").raise_for_status()
        times.append(time.perf_counter() - began)
    assert statistics.median(times) < 0.03


def test_an_upload_that_waits_for_the_servers_own_disk_gives_its_place_to_nobody() -> None:
    """Of two connections the second has been silent for a shorter time, but the first waits for the server."""
    is_stored = asyncio.Event()

    async def slow_disk(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            await is_stored.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def story() -> tuple[bytes, bytes]:
        listener = http_server.listen("127.0.0.1", 0)
        server = Server(http_server.config(slow_disk, http_server.bounded(2)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port, size = listener.getsockname()[1], 8_000_000
        (reading, sending), idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        sending.write(b"PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
        await asyncio.sleep(0.3)
        idle[1].write(b"GET / HTTP/1.1\r\nX: ")
        await asyncio.sleep(0.3)
        third = await asyncio.open_connection("127.0.0.1", port)
        nothing = await asyncio.wait_for(idle[0].read(), PATIENCE)
        is_stored.set()
        answer = await asyncio.wait_for(reading.readline(), PATIENCE)
        for each in (sending, idle[1], third[1]):
            each.close()
        server.should_exit = server.force_exit = True
        await serving
        return nothing, answer

    assert asyncio.run(story()) == (b"", b"HTTP/1.1 200 OK\r\n")


def test_a_request_to_speak_another_protocol_is_an_ordinary_call(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def story(head: bytes) -> bytes:
        listener = http_server.listen("127.0.0.1", 0)
        server = Server(http_server.config(app, http_server.bounded(2)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        reading, sending = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
        sending.write(head)
        answer = await asyncio.wait_for(reading.readline(), PATIENCE)
        sending.close()
        server.should_exit = server.force_exit = True
        await serving
        return answer

    head = (
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: %s\r\nSec-WebSocket-Version: 13\r\n"
    )
    for protocol in (b"websocket", b"h2c"):
        asked = head % protocol + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        assert asyncio.run(story(asked)) == b"HTTP/1.1 404 Not Found\r\n"
    assert seen == ["http", "http"]
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


def test_a_long_head_that_comes_at_once_is_refused_too(farm: RunningFarm) -> None:
    port = int(farm.url.rpartition(":")[2])
    long = {"X: ": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 70_000}
    long["path"] = b"GET /?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: 127.0.0.1"
    long["many"] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1" + b"\r\nX: " + b"\r\nX: ".join([b"y" * 100] * 500)
    for what, head in long.items():
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(head + b"\r\n\r\n")
            answer = b""
            while chunk := client.recv(4096):
                answer += chunk
        assert answer.split(b" ", 2)[1] in (b"400", b"431"), what


def test_calls_that_are_sent_before_the_answers_are_answered_in_order(farm: RunningFarm) -> None:
    port = int(farm.url.rpartition(":")[2])
    call = "GET {api}/jobs?page={page} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"
    sent = "".join(call.format(api=API, page=page, key=farm.token) for page in range(1, 201))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent.encode() + b"GET /end HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    assert [int(page) for page in re.findall(rb'"page":(\d+)', answer)] == list(range(1, 201))
    assert answer.count(b"HTTP/1.1 404") == 1
