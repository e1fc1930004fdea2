"""Webhooks: from the farm to frames on disk, and what is not the farm's is refused."""

import contextlib
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from carrying import Carrying, carrying
from painting_farm import PaintingFarm, picture
from running_farm import API, wait_until

from farmhand.client.webhooks import sign
from farmhand.courier import launcher
from farmhand.courier.journal import Journal

SECRET = "whsec-of-the-studio"


@pytest.fixture
def port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def telling_farm(tmp_path: Path, port: int) -> Iterator[PaintingFarm]:
    """A farm that sends webhooks, with quick repetitions."""
    farm = PaintingFarm(
        tmp_path / "farm",
        webhook_url=f"http://127.0.0.1:{port}/hooks",
        webhook_secret=SECRET,
        webhook_first_wait=0.3,
    )
    yield farm
    farm.stop()


@pytest.fixture
def studio(tmp_path: Path, telling_farm: PaintingFarm) -> Iterator[Carrying]:
    with carrying(tmp_path, telling_farm.url + API, telling_farm.token) as ours:
        yield ours


@pytest.fixture
def start_receiver(studio: Carrying, port: int) -> Iterator[Callable[[], None]]:
    """Call to start `farmhand receive` and wait until it listens."""
    processes: list[subprocess.Popen[str]] = []

    def start() -> None:
        command = launcher.python_command(
            "courier",
            *("receive", "--port", str(port), "--secret-env", "STUDIO_SECRET"),
            *("--server", studio.url, "--output", str(studio.output)),
        )
        ours = {"STUDIO_SECRET": SECRET, "FARMHAND_API_KEY": studio.key, "FARMHAND_HOME": str(studio.home.folder)}
        process = subprocess.Popen(
            command, env={**os.environ, **ours}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        processes.append(process)
        assert process.stdout is not None and json.loads(process.stdout.readline())["listening"] == port

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def render(farm: PaintingFarm, tmp_path: Path) -> str:
    """A job that somebody else submitted, completed."""
    blend = tmp_path / "other.blend"
    blend.write_bytes(b"BLENDER")
    return str(farm.rendered(blend, frameRanges=["1-3"])["id"])


def deliver(port: int, body: bytes, *, secret: str = SECRET, age: int = 0, **headers: str) -> int:
    now = int(time.time()) - age
    signed = {"X-Renderjuice-Timestamp": str(now), "X-Renderjuice-Signature": sign(secret, now, body), **headers}
    return httpx.post(f"http://127.0.0.1:{port}/hooks", content=body, headers=signed, trust_env=False).status_code


def failed_deliveries(farm: PaintingFarm) -> int:
    with contextlib.closing(sqlite3.connect(farm.data / "farm.sqlite3")) as store:
        found = store.execute("SELECT attempts FROM deliveries").fetchone()
    return found[0] if found else 0


def test_frames_arrive_though_the_receiver_was_down_at_first(
    telling_farm: PaintingFarm, studio: Carrying, start_receiver: Callable[[], None], tmp_path: Path
) -> None:
    job = render(telling_farm, tmp_path)
    wait_until(lambda: failed_deliveries(telling_farm) >= 2, 30, "two deliveries have failed")
    start_receiver()
    wanted = {f"{job}/{frame:04d}.png": picture(frame) for frame in (1, 2, 3)}
    wait_until(lambda: studio.files() == wanted, 60, "the frames are here")


def test_a_repeated_delivery_changes_nothing(
    telling_farm: PaintingFarm, studio: Carrying, start_receiver: Callable[[], None], port: int, tmp_path: Path
) -> None:
    start_receiver()
    body = json.dumps({"event": "onRenderComplete", "status": "completed", "jobId": render(telling_farm, tmp_path)})
    assert [deliver(port, body.encode()) for _ in range(3)] == [200, 200, 200]
    with Journal(studio.home.journal) as journal:
        assert len(journal.submissions()) == 1
    wait_until(lambda: len(studio.real_files()) == 3, 60, "the frames are here")


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (401, {"secret": "guessed"}),
        (401, {"age": 301}),
        (401, {"X-Renderjuice-Signature": "00" * 32}),
        (400, {"body": b"not JSON"}),
    ],
    ids=["forged", "stale", "zero signature", "malformed"],
)
def test_what_is_not_the_services_is_refused(
    answer: int, options: dict[str, object], studio: Carrying, start_receiver: Callable[[], None], port: int
) -> None:
    start_receiver()
    body = options.pop("body", b'{"event": "onRenderComplete", "jobId": "1"}')
    assert deliver(port, body, **options) == answer  # type: ignore[arg-type]
    assert not studio.home.journal.exists()


def test_a_job_id_that_would_leave_the_folder_is_refused(
    studio: Carrying, start_receiver: Callable[[], None], port: int
) -> None:
    start_receiver()
    assert deliver(port, b'{"event": "onRenderComplete", "jobId": "../../outside"}') == 400
    assert not studio.home.journal.exists()


def test_a_delivery_that_is_far_too_large_is_refused_before_it_is_read(
    studio: Carrying, start_receiver: Callable[[], None], port: int
) -> None:
    start_receiver()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest("POST", "/hooks")
        connection.putheader("Content-Length", str(1 << 30))
        connection.endheaders()
        assert connection.getresponse().status == 413
