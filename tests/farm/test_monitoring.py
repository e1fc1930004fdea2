"""What programs that watch the farm are told."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from people import Person
from quick_engine import QuickFarm, package
from waiting import wait_until

from farmhand.farm.api.monitoring import queue_lines
from farmhand.farm.state import job_status
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store

People = Callable[..., Person]
_LINE = re.compile(r'(?P<name>[a-z_]+)(?P<labels>\{[a-z]+="[^"\\\n]*"\})? (?P<value>[0-9.+e-]+)')


def read(who: QuickFarm | Person) -> dict[str, float]:
    """The metrics by name with labels. Every line is of the text format, and each metric is described before it."""
    answer = httpx.get(f"{who.url}/metrics", headers=who.api.headers, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    values, described = {}, set()
    for line in answer.text.splitlines():
        if line.startswith("#"):
            described.add(line.split(" ")[2])
            continue
        parts = _LINE.fullmatch(line)
        assert parts, line
        assert parts["name"] in described or re.sub("_(bucket|sum|count)$", "", parts["name"]) in described
        values[parts["name"] + (parts["labels"] or "")] = float(parts["value"])
    return values


def test_health_is_told_to_anybody_and_nothing_else_is(quick_farm: QuickFarm) -> None:
    answer = httpx.get(f"{quick_farm.url}/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "x-farmhand-version" not in answer.headers
    assert httpx.get(f"{quick_farm.url}/metrics", trust_env=False).status_code == 401


@pytest.mark.parametrize("role, status", [("monitor", 200), ("admin", 200), ("submit", 403), ("render", 403)])
def test_metrics_are_for_keys_that_may_see_all_workspaces(
    quick_farm: QuickFarm, person: People, role: str, status: int
) -> None:
    watcher = person(quick_farm, "watcher", "--role", role)
    assert httpx.get(f"{quick_farm.url}/metrics", headers=watcher.api.headers, trust_env=False).status_code == status


def test_metrics_follow_a_job_from_the_queue_to_its_frames(
    start_quick_farm: Callable[..., QuickFarm], tmp_path: Path
) -> None:
    farm = start_quick_farm(workers=2)
    scene = tmp_path / "scene.blend"
    scene.write_bytes(package(0, seconds=0.5))
    job_id = farm.start_render(scene, frameRanges=["1-8"])
    wait_until(lambda: read(farm)['farmhand_workers{state="busy"}'] == 2, "two workers are busy")
    now = read(farm)
    assert now["farmhand_queue_length"] == now['farmhand_frames{state="pending"}'] > 0
    assert now['farmhand_jobs{status="rendering"}'] == 1
    farm.wait_for(job_id, "completed")
    wait_until(lambda: read(farm)["farmhand_frame_seconds_count"] == 8, "all frames are counted")
    over = read(farm)
    assert over["farmhand_frame_seconds_sum"] == pytest.approx(4.0)
    assert over['farmhand_frame_seconds_bucket{le="0.3"}'] == 0
    assert over['farmhand_frame_seconds_bucket{le="1"}'] == over['farmhand_frame_seconds_bucket{le="+Inf"}'] == 8
    assert (over["farmhand_queue_length"], over['farmhand_workers{state="idle"}']) == (0, 2)
    assert over['farmhand_kept_bytes{kind="uploads"}'] == scene.stat().st_size
    assert over['farmhand_kept_bytes{kind="frames"}'] > 0 and over["farmhand_disk_free_bytes"] > 0


def test_frames_are_counted_apart_from_what_answers_others(tmp_path: Path) -> None:
    folder = tmp_path / "farm #1 %41"
    folder.mkdir()
    store = Store(folder / "farm.sqlite3")
    for number in range(3):
        store.add_upload(Upload(f"slug{number}", "a.blend", "blend", 0.0, None, store.workspace_id))
        job = store.create_job(f"slug{number}")
        store.add_frames(job.id, range(1, 11))
        if number:
            for status in (job_status.VALIDATING, job_status.VALIDATED, job_status.BOOTING):
                store.move(job.id, status)
    said: list[str] = []
    store.database.connection.set_trace_callback(said.append)
    lines = asyncio.run(queue_lines(store))
    store.close()
    assert "farmhand_queue_length 20" in lines
    assert said and not [each for each in said if "FROM frames" in each]
