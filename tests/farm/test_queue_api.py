"""The queue's own calls: pause, resume, priority, the ends first, workers, usage."""

from collections.abc import Callable
from pathlib import Path

import pytest
from people import Person, manage
from quick_engine import QuickFarm, package
from waiting import wait_until

from farmhand.farm.api.auth import FARM_API

People = Callable[..., Person]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0, seconds=0.1))
    return path


def ask(who: QuickFarm | Person, method: str, path: str, **body: object) -> tuple[int, dict[str, object]]:
    answer = who.api.request(method, f"{who.url}{FARM_API}{path}", json=body or None)
    return answer.status_code, answer.json()


def test_a_paused_job_begins_no_frame_until_it_is_resumed_even_over_a_restart(
    quick_farm: QuickFarm, scene: Path
) -> None:
    job_id = quick_farm.start_render(scene, frameRanges=["1-60"])
    wait_until(lambda: quick_farm.frames_done(job_id) > 0, "a frame is rendered")
    assert ask(quick_farm, "PATCH", f"/jobs/{job_id}", isPaused=True)[1]["isPaused"] is True
    assert "paused" in quick_farm.job(job_id)["pausedReason"]
    wait_until(lambda: ask(quick_farm, "GET", "/workers")[1]["busy"] == [], "the frames under way have ended")
    quick_farm.kill()
    quick_farm.start()
    done = quick_farm.frames_done(job_id)  # the last frames that were under way are put in place by now
    other = quick_farm.start_render(scene, frameRanges=["1-4"])
    assert quick_farm.wait_for(other, "completed")
    assert quick_farm.frames_done(job_id) == done < 60
    ask(quick_farm, "PATCH", f"/jobs/{job_id}", isPaused=False)
    assert quick_farm.wait_for(job_id, "completed")["pausedReason"] is None
    assert quick_farm.renders(scene.read_bytes()).count(60) == 1


def test_a_job_that_is_paused_before_its_start_waits_and_can_be_canceled(quick_farm: QuickFarm, scene: Path) -> None:
    job_id = quick_farm.validated(scene)["id"]
    assert ask(quick_farm, "PATCH", f"/jobs/{job_id}", isPaused=True)[0] == 200
    quick_farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig={"colorManagementPreset": "default"})
    assert quick_farm.rendered(scene)["status"] == "completed"
    assert quick_farm.job(job_id)["status"] == "booting"
    assert quick_farm.ask(f"/jobs/{job_id}/cancel")["status"] == "canceled"
    code, body = ask(quick_farm, "PATCH", f"/jobs/{job_id}", isPaused=False)
    assert (code, body["error"]["code"]) == (400, "job_is_over")


def test_the_ends_come_first_when_that_is_asked_for(start_quick_farm: Callable[..., QuickFarm], scene: Path) -> None:
    farm = start_quick_farm(workers=1)
    job_id = farm.validated(scene)["id"]
    assert ask(farm, "PATCH", f"/jobs/{job_id}", endsFirst=True)[1]["endsFirst"] is True
    config = {"colorManagementPreset": "default", "frameRanges": ["1-9"]}
    farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig=config)
    farm.wait_for(job_id, "completed")
    assert farm.renders(scene.read_bytes()) == [1, 5, 9, 2, 3, 4, 6, 7, 8]


def test_a_short_job_is_done_long_before_a_long_one_that_came_earlier(quick_farm: QuickFarm, tmp_path: Path) -> None:
    long, short = tmp_path / "long.blend", tmp_path / "short.blend"
    long.write_bytes(package(1, seconds=0.2))
    short.write_bytes(package(2, seconds=0.2))
    running = quick_farm.start_render(long, frameRanges=["1-400"])
    assert quick_farm.rendered(short, frameRanges=["1-4"])["status"] == "completed"
    assert quick_farm.frames_done(running) < 100
    quick_farm.ask(f"/jobs/{running}/cancel")


@pytest.mark.parametrize("priority", [-6, 6, "high", 1.5, True])
def test_a_priority_that_there_is_not_is_refused(quick_farm: QuickFarm, scene: Path, priority: object) -> None:
    job_id = quick_farm.new_job(scene)
    code, body = ask(quick_farm, "PATCH", f"/jobs/{job_id}", priority=priority)
    assert (code, body["error"]["code"]) == (400, "invalid_request")


def test_a_workspace_cannot_see_or_change_the_queue_of_another_one_and_an_admin_can(
    quick_farm: QuickFarm, person: People, scene: Path
) -> None:
    ada = person(quick_farm, "Ada", "--workspace", "film")
    eve = person(quick_farm, "Eve", "--workspace", "games")
    boss = person(quick_farm, "Boss", "--role", "admin")
    job_id = ada.start_render(scene, frameRanges=["1-900"])
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/cancel")):
        code, body = ask(eve, method, f"/jobs/{job_id}{path}", **({"isPaused": True} if method == "PATCH" else {}))
        assert (code, body["error"]["code"]) == (404, "job_not_found")
    assert ask(eve, "GET", "/jobs")[1] == {"jobs": []}
    busy = ask(eve, "GET", "/workers")[1]["busy"]
    assert busy and {(each["jobId"], each["frame"]) for each in busy} == {(None, None)}
    lines = ask(boss, "GET", "/jobs")[1]["jobs"]
    assert [(line["id"], line["workspace"], line["framesTotal"]) for line in lines] == [(job_id, "film", 900)]
    assert {each["jobId"] for each in ask(boss, "GET", "/workers")[1]["busy"]} == {job_id}
    assert ask(boss, "PATCH", f"/jobs/{job_id}", priority=-2)[1]["priority"] == -2
    assert ask(boss, "POST", f"/jobs/{job_id}/cancel")[1]["status"] == "canceled"


def test_a_workspace_learns_what_it_uses(quick_farm: QuickFarm, person: People, scene: Path) -> None:
    manage(quick_farm.data, "workspaces", "set", "film", "--max-jobs", "3", "--max-gib", "1", "--weight", "2")
    ada = person(quick_farm, "Ada", "--workspace", "film")
    ada.rendered(scene)
    used = ask(ada, "GET", "/workspace")[1]
    assert used["bytes"] > scene.stat().st_size
    assert {name: used[name] for name in ("name", "weight", "jobs", "maxJobs", "maxBytes", "frames", "maxFrames")} == {
        "name": "film",
        "weight": 2.0,
        "jobs": 0,
        "maxJobs": 3,
        "maxBytes": 1024**3,
        "frames": 0,
        "maxFrames": None,
    }
