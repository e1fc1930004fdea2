"""A farm's data folder of an earlier version works on: its jobs are as they were, and continue."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_farm import RunningFarm

OLD = sorted(Path(__file__).parent.glob("farm_from_*"))


@pytest.fixture(params=OLD, ids=lambda folder: folder.name)
def old(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def expected(old: Path) -> dict[str, Any]:
    return dict(json.loads((old / "expected.json").read_text(encoding="utf-8")))


@pytest.fixture
def farm(old: Path, start_farm: Callable[..., RunningFarm], tmp_path: Path) -> RunningFarm:
    """Today's farm in a copy; its old jobs are kept whatever day it is."""
    shutil.copytree(old / "data", tmp_path / "farm0")
    return start_farm("--keep-days", "0")


def hashes(farm: RunningFarm, job_id: str) -> dict[str, list[object]]:
    return {path: [len(data), hashlib.sha256(data).hexdigest()] for path, data in farm.frames(job_id).items()}


def test_jobs_and_frames_are_as_they_were_and_what_was_begun_continues(
    farm: RunningFarm, expected: dict[str, Any]
) -> None:
    assert farm.token == expected["token"]  # people have entered it in Blender
    for name in ("completed", "failed", "created", "validated", "canceled"):
        job = expected["jobs"][name]
        assert farm.job(job["id"])["status"] == job["status"]
        assert (hashes(farm, job["id"]) if job["frames"] else {}) == job["frames"]
    resumed = expected["jobs"]["rendering"]
    assert farm.wait_for(resumed["id"], "completed", "failed")["status"] == "completed"
    found = hashes(farm, resumed["id"])
    assert found.items() >= resumed["frames"].items()
    assert len(found) == 4


def test_what_waited_for_its_owner_can_be_rendered(farm: RunningFarm, expected: dict[str, Any]) -> None:
    validated, created = (expected["jobs"][name]["id"] for name in ("validated", "created"))
    farm.ask(f"/jobs/{created}/validate")
    unused = str(farm.ask("/jobs", slug=expected["unused upload"])["id"])
    farm.ask(f"/jobs/{unused}/validate")
    for job_id in (validated, created, unused):
        assert farm.wait_for(job_id, "validated", "failed")["status"] == "validated"
        config = {"colorManagementPreset": "default", "frameRanges": ["1"]}
        farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig=config)
        assert farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
        assert list(farm.frames(job_id)) == ["frames/0001.png"]
