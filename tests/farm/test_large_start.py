"""A job of very many frames is started beside all other calls, and whole whatever happens meanwhile."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from people import Person, manage
from quick_engine import QuickFarm, package

FRAMES = 100_000


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0, seconds=60.0))
    return path


def render(farm: QuickFarm | Person, job_id: str, last: int = FRAMES) -> httpx.Response:
    config = {"colorManagementPreset": "default", "frameRanges": [f"1-{last}"]}
    return farm.api.post(f"/jobs/{job_id}/render", json={"requestedRenderConfig": config}, timeout=60)


def total(farm: QuickFarm, job_id: str) -> int:
    answer = farm.api.get(f"/jobs/{job_id}/progress")
    return int(answer.json()[0]["framesTotal"])


class Watch(threading.Thread):
    """Asks a farm for its health again and again; seconds: what each answer took. Ends with the block."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.seconds, self.is_over = url, list[float](), False

    def run(self) -> None:
        with httpx.Client(trust_env=False) as client:
            while not self.is_over:
                began = time.perf_counter()
                client.get(f"{self.url}/health").raise_for_status()
                self.seconds.append(time.perf_counter() - began)
                time.sleep(0.001)

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.join()


def test_others_are_answered_at_once_while_a_job_of_100000_frames_is_started(
    quick_farm: QuickFarm, scene: Path
) -> None:
    job_id = str(quick_farm.validated(scene)["id"])
    with Watch(quick_farm.url) as watch:
        began = time.perf_counter()
        answer = render(quick_farm, job_id)
        took = time.perf_counter() - began
    assert (answer.status_code, total(quick_farm, job_id)) == (200, FRAMES)
    assert max(watch.seconds) < 0.5 * took, "the start blocks nobody for long"


def test_a_farm_killed_in_the_middle_of_a_start_renders_all_frames(quick_farm: QuickFarm, scene: Path) -> None:
    job_id = str(quick_farm.validated(scene)["id"])

    def start() -> None:
        with contextlib.suppress(httpx.HTTPError):
            render(quick_farm, job_id)

    starting = threading.Thread(target=start)
    starting.start()
    with contextlib.closing(sqlite3.connect(quick_farm.data / "farm.sqlite3", timeout=10)) as database:
        there = 0
        while not there:
            there = database.execute("SELECT count(*) FROM frames").fetchone()[0]
    quick_farm.kill()
    starting.join()
    with contextlib.closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database:
        assert 0 < database.execute("SELECT count(*) FROM frames").fetchone()[0] < FRAMES
    quick_farm.start()
    assert total(quick_farm, job_id) == FRAMES


def test_a_job_can_be_canceled_in_the_middle_of_its_start(quick_farm: QuickFarm, scene: Path) -> None:
    job_id = str(quick_farm.validated(scene)["id"])
    answers: list[httpx.Response] = []
    starting = threading.Thread(target=lambda: answers.append(render(quick_farm, job_id)))
    starting.start()
    while quick_farm.job(job_id)["status"] == "validated":
        pass
    again = render(quick_farm, job_id)
    assert (again.json()["status"], again.headers["X-Idempotent-Replay"]) == ("booting", "true")
    quick_farm.ask(f"/jobs/{job_id}/cancel")
    starting.join()
    assert answers[0].json()["status"] == quick_farm.job(job_id)["status"] == "canceled"


def test_two_large_jobs_started_at_a_time_pass_no_quota(
    quick_farm: QuickFarm, person: Callable[..., Person], scene: Path
) -> None:
    manage(quick_farm.data, "workspaces", "set", "film", "--max-frames", "50000")
    ada = person(quick_farm, "Ada", "--workspace", "film")
    jobs = [str(ada.validated(scene)["id"]) for _ in range(2)]
    answers: list[int] = []
    calls = [
        threading.Thread(target=lambda job_id=job_id: answers.append(render(ada, job_id, 30_000).status_code))
        for job_id in jobs
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(answers) == [200, 413]
