"""What is said of a job that its server has paused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from carrying import carrying
from painting_farm import PaintingFarm
from running_farm import API
from supervisor_here import supervisor_here
from waiting import wait_until

from farmhand.client.models import Job
from farmhand.courier.pipeline import on_hold
from farmhand.farm.api.auth import FARM_API
from farmhand.jobs.journal.submission import Stage, State


@pytest.fixture
def slow_farm(tmp_path: Path) -> Iterator[PaintingFarm]:
    farm = PaintingFarm(tmp_path / "farm", seconds=0.3, workers=1)
    yield farm
    farm.stop()


def test_a_job_that_is_paused_on_its_farm_says_so_here_until_it_is_resumed(
    slow_farm: PaintingFarm, tmp_path: Path
) -> None:
    with carrying(tmp_path, f"{slow_farm.url}{API}", slow_farm.token) as courier, supervisor_here(courier):
        submission = courier.submit(range(1, 11))
        wait_until(lambda: courier.now(submission).stage is Stage.PULL, "it renders")
        _pause(slow_farm, courier.now(submission).job_id, is_paused=True)
        wait_until(lambda: "Resume it on the farm" in courier.now(submission).note, "the pause is told")
        assert courier.now(submission).note.startswith("Not rendering at the moment")
        _pause(slow_farm, courier.now(submission).job_id, is_paused=False)
        wait_until(lambda: courier.now(submission).note == "", "it renders again")
        wait_until(lambda: courier.now(submission).is_over, "it is done")
        assert (courier.now(submission).state, courier.now(submission).note) == (State.DONE, "")


@pytest.mark.parametrize("told", [None, "", "\x1b[2J", 7, ["a"], {"b": 1}])
def test_what_is_no_reason_is_not_shown(told: object) -> None:
    facts = {"id": "a", "status": "rendering", "workspaceId": "w", "pausedReason": told}
    times = dict.fromkeys(("createdAt", "updatedAt"), "2026-11-29T00:00:00Z")
    note = on_hold.reason(Job.model_validate(facts | times))
    assert "\x1b" not in note
    assert (isinstance(told, str) and told) or not note


def _pause(farm: PaintingFarm, job_id: str, *, is_paused: bool) -> None:
    farm.api.patch(f"{farm.url}{FARM_API}/jobs/{job_id}", json={"isPaused": is_paused}).raise_for_status()


def test_a_status_that_is_not_known_is_shown_as_a_short_line() -> None:
    advice = on_hold.advice("\x1b]0;x\x07\u202e" + "y" * 100_000)
    assert advice.isprintable() and len(advice) < 300
