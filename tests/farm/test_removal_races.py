"""Old files are removed while somebody is at work with them: who pulls, renders or starts again is not disturbed."""

import io
import sqlite3
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from quick_engine import QuickFarm, package
from waiting import wait_until

StartFarm = Callable[..., QuickFarm]
CONFIG = {"colorManagementPreset": "default"}
REMOVAL_SECONDS = 10.0
"""From the farm's start to its first removal. All jobs of these tests are over before."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A package whose frames have about 2.4 MB each: more than a socket takes in."""
    path = tmp_path / "large.blend"
    path.write_bytes(package(1, size=(900, 900)))
    return path


def _slowly(url: str, until: Callable[[], bool]) -> bytes:
    """Read a little, wait, and read the rest."""
    with httpx.stream("GET", url, trust_env=False, timeout=30) as answer:
        chunks = answer.raise_for_status().iter_bytes(64 * 1024)
        body = [next(chunks)]
        wait_until(until, "old files were removed")
        body += chunks
    return b"".join(body)


def _grow_old(farm: QuickFarm, job_id: str) -> None:
    """All of it was two days ago."""
    with closing(sqlite3.connect(farm.data / "farm.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET updated = updated - 172800 WHERE id = ?", (job_id,))


def _is_removed(farm: QuickFarm, job_id: str) -> bool:
    return bool(farm.job(job_id)["output"]["isDeletedForClient"])


@pytest.mark.parametrize("limit", [{"keep_bytes": 0}, {"keep_days": 1}], ids=["by size", "by age"])
def test_a_zip_that_streams_while_old_files_are_removed_arrives_whole(
    start_quick_farm: StartFarm, large: Path, limit: dict[str, int]
) -> None:
    farm = start_quick_farm(first_removal=REMOVAL_SECONDS, link_seconds=2.0, **limit)
    pulled, other = (farm.start_render(large, frameRanges=[ranges]) for ranges in ("1-9", "1"))
    for job_id in (pulled, other):
        farm.wait_for(job_id, "completed")
        _grow_old(farm, job_id)
    url = farm.downloads(pulled)["transforms"]["framesZip"]
    body = _slowly(url, lambda: _is_removed(farm, other))
    with zipfile.ZipFile(io.BytesIO(body)) as found:
        assert (len(found.namelist()), found.testzip()) == (9, None)


def test_a_second_job_of_a_file_renders_on_when_the_first_is_removed(
    start_quick_farm: StartFarm, tmp_path: Path
) -> None:
    farm = start_quick_farm(first_removal=REMOVAL_SECONDS, link_seconds=0.0, keep_bytes=0, workers=1)
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, seconds=1.5))
    slug = farm.upload(path)
    first, second = (str(farm.ask("/jobs", slug=slug)["id"]) for _ in range(2))
    for job_id, frames in ((first, "1"), (second, "1-15")):
        farm.ask(f"/jobs/{job_id}/validate")
        farm.wait_for(job_id, "validated")
        farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig={**CONFIG, "frameRanges": [frames]})
    farm.wait_for(first, "completed")
    wait_until(lambda: _is_removed(farm, first), "the first is removed")
    assert farm.job(second)["status"] == "rendering"
    farm.wait_for(second, "completed", "failed")
    assert len(farm.downloads(second)["frameOutputs"]) == 15


def test_a_job_that_is_retried_keeps_its_frames_and_one_whose_files_are_gone_is_not_retried(
    start_quick_farm: StartFarm, tmp_path: Path
) -> None:
    farm = start_quick_farm(first_removal=REMOVAL_SECONDS, link_seconds=0.0, keep_bytes=0)
    begun = time.monotonic()
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1, seconds=4.0, failing_frame=2))
    retried, left = (farm.start_render(path, frameRanges=["1-2"]) for _ in range(2))
    for job_id in (retried, left):
        farm.wait_for(job_id, "failed")
    farm_api = f"{farm.url}/api/farm/v1/jobs"
    authorization = {"Authorization": f"Bearer {farm.token}"}
    wait_until(lambda: time.monotonic() - begun > REMOVAL_SECONDS - 2, "the removal is near")
    assert httpx.post(f"{farm_api}/{retried}/retry", headers=authorization, trust_env=False).status_code == 200
    wait_until(lambda: _is_removed(farm, left), "the other is removed")
    refused = httpx.post(f"{farm_api}/{left}/retry", headers=authorization, trust_env=False)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "nothing_to_retry")
    farm.wait_for(retried, "failed")
    assert httpx.post(f"{farm_api}/{retried}/retry", headers=authorization, trust_env=False).status_code == 200
