"""Webhooks: from the farm to frames on disk, and what is not the farm's is refused."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import processes
import psutil
import pytest
from carrying import Carrying, carrying
from command_line import FARMHAND
from painting_farm import PaintingFarm, picture
from running_farm import API
from waiting import PATIENCE, wait_until

from farmhand.client.webhooks import sign
from farmhand.jobs import submit
from farmhand.jobs.journal.journal import Journal

SECRET = "whsec-of-the-studio"
EVENT = b'{"event": "onRenderComplete", "jobId": "0b9c"}'
Start = Callable[..., subprocess.Popen[str]]


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
def start_receiver(studio: Carrying, port: int) -> Iterator[Start]:
    """Call to start `farmhand receive` (with more environment) and wait until it listens."""
    processes: list[subprocess.Popen[str]] = []

    def start(stderr: Path | None = None, **environment: str) -> subprocess.Popen[str]:
        command = [*FARMHAND, "receive", "--port", str(port), "--secret-env", "STUDIO_SECRET"]
        command += ["--server", studio.url, "--output", str(studio.output)]
        ours = {"STUDIO_SECRET": SECRET, "FARMHAND_API_KEY": studio.key, "FARMHAND_HOME": str(studio.home.folder)}
        with (stderr or Path(os.devnull)).open("w") as words:
            process = subprocess.Popen(
                command,
                env={**os.environ, **ours, **environment},
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
            )
        processes.append(process)
        assert process.stdout is not None and json.loads(process.stdout.readline())["listening"] == port
        return process

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def child_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The receiver itself: `farmhand receive` is the parent that somebody's shell knows."""
    return processes.child_of(process.pid)


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
    telling_farm: PaintingFarm, studio: Carrying, start_receiver: Start, tmp_path: Path
) -> None:
    job = render(telling_farm, tmp_path)
    wait_until(lambda: failed_deliveries(telling_farm) >= 2, "two deliveries have failed")
    start_receiver()
    wanted = {f"{job}/{frame:04d}.png": picture(frame) for frame in (1, 2, 3)}
    wait_until(lambda: studio.files() == wanted, "the frames are here")


def test_frames_under_way_when_the_machine_went_down_arrive_without_another_delivery(
    telling_farm: PaintingFarm, studio: Carrying, start_receiver: Start, tmp_path: Path
) -> None:
    job = render(telling_farm, tmp_path)
    submit.bring_job(studio.home, studio.url, job, studio.output / job)
    start_receiver()
    wait_until(lambda: len(studio.real_files()) == 3, "the frames are here")


def test_a_repeated_delivery_changes_nothing(
    telling_farm: PaintingFarm, studio: Carrying, start_receiver: Start, port: int, tmp_path: Path
) -> None:
    start_receiver()
    body = json.dumps({"event": "onRenderComplete", "status": "completed", "jobId": render(telling_farm, tmp_path)})
    assert [deliver(port, body.encode()) for _ in range(3)] == [200, 200, 200]
    with Journal(studio.home.journal) as journal:
        assert len(journal.submissions()) == 1
    wait_until(lambda: len(studio.real_files()) == 3, "the frames are here")


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
    answer: int, options: dict[str, object], studio: Carrying, start_receiver: Start, port: int
) -> None:
    start_receiver()
    body = options.pop("body", b'{"event": "onRenderComplete", "jobId": "1"}')
    assert deliver(port, body, **options) == answer  # type: ignore[arg-type]
    assert not studio.home.journal.exists()


def test_a_job_id_that_would_leave_the_folder_is_refused(studio: Carrying, start_receiver: Start, port: int) -> None:
    start_receiver()
    assert deliver(port, b'{"event": "onRenderComplete", "jobId": "../../outside"}') == 400
    assert not studio.home.journal.exists()


def test_a_signed_event_writes_no_lines_of_its_own_into_the_log(
    studio: Carrying, start_receiver: Start, port: int, tmp_path: Path
) -> None:
    log = tmp_path / "receiver.log"
    start_receiver(stderr=log)
    event = {"event": "onRender\n2026-01-01 00:00:00 forged \x1b[2J", "jobId": "0b9c"}
    assert deliver(port, json.dumps(event).encode()) in (200, 400)
    words = log.read_text(encoding="utf-8")
    assert "forged" in words
    assert "\x1b" not in words
    assert not any(line.startswith("2026-01-01") for line in words.splitlines())


def test_deliveries_of_one_event_at_the_same_time_make_one_submission(
    studio: Carrying, start_receiver: Start, port: int
) -> None:
    start_receiver()
    with ThreadPoolExecutor(4) as threads:
        for number in range(5):
            body = json.dumps({"event": "onRenderComplete", "jobId": f"job{number}"}).encode()
            assert list(threads.map(lambda _, body=body: deliver(port, body), range(4))) == [200] * 4
    with Journal(studio.home.journal) as journal:
        assert sorted(one.job_id for one in journal.submissions()) == [f"job{number}" for number in range(5)]


def test_a_receiver_whose_command_is_ended_does_not_stay_behind(
    studio: Carrying, start_receiver: Start, port: int
) -> None:
    process = start_receiver()
    receiver = child_of(process)
    process.terminate()
    assert process.wait(PATIENCE) == 130
    assert not receiver.is_running()


def test_the_key_of_another_server_is_not_given_to_the_receiver(
    studio: Carrying, start_receiver: Start, port: int
) -> None:
    receiver = child_of(start_receiver(FARMHAND_SERVER="https://other.example"))
    assert studio.key not in str(receiver.environ())
    assert deliver(port, EVENT) == 200
    wait_until(lambda: studio.courier_pid() != 0, "a courier is there")
    with Journal(studio.home.journal) as journal:
        presence = journal.courier()
    assert presence is not None and not presence.keys_for


def test_the_secret_stays_with_the_receiver(studio: Carrying, start_receiver: Start, port: int) -> None:
    start_receiver()
    assert deliver(port, EVENT) == 200
    wait_until(lambda: studio.courier_pid() != 0, "a courier is there")
    assert SECRET not in str(psutil.Process(studio.courier_pid()).environ())
