"""The farm's disk: uploads pause before renders do, and what is over goes, oldest first, when too much is kept."""

import asyncio
import dataclasses
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from people import Person
from quick_engine import QuickFarm, package
from test_removal import Kept
from waiting import wait_until

from farmhand.farm.api.auth import FARM_API
from farmhand.farm.state.files.retention import Retention

StartFarm = Callable[..., QuickFarm]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0, seconds=0.05))
    return path


def test_a_disk_that_runs_full_pauses_uploads_and_renders_go_on(start_quick_farm: StartFarm, scene: Path) -> None:
    farm = start_quick_farm(reserve_bytes=0)
    target = farm.ask("/uploads", fileName="scene.blend", fileType="blend")
    job_id = farm.start_render(scene, frameRanges=["1-40"])
    farm.kill()
    farm._settings["reserve_bytes"] = 2**60
    farm.start()
    refused = farm.api.post("/uploads", json={"fileName": "scene.blend", "fileType": "blend"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "disk_low")
    assert int(refused.headers["Retry-After"]) > 0
    place = farm.url + "/" + target["uploadUrl"].split("/", 3)[3]
    assert httpx.put(place, content=scene.read_bytes(), trust_env=False).status_code == 503
    assert farm.wait_for(job_id, "completed")
    assert httpx.get(farm.url + FARM_API + "/disk", headers=farm.api.headers, trust_env=False).json()["isLow"] is True


def test_uploads_side_by_side_do_not_fill_the_disk_together(start_quick_farm: StartFarm, tmp_path: Path) -> None:
    """Each alone has room when it begins; the one that meets the reserve is turned away while it is being written."""
    size = 24 * 1024 * 1024
    farm = start_quick_farm(reserve_bytes=shutil.disk_usage(tmp_path).free - 10 * size)
    target = farm.ask("/uploads", fileName="scene.blend", fileType="blend")
    filler = farm.data / "filler"

    def body() -> Iterator[bytes]:
        yield bytes(size // 4)
        with filler.open("wb") as file:  # what others upload meanwhile
            os.posix_fallocate(file.fileno(), 0, 12 * size)
        yield bytes(size // 4)
        yield bytes(size // 2)

    try:
        answer = httpx.put(
            target["uploadUrl"], content=body(), headers={"Content-Length": str(size)}, timeout=30, trust_env=False
        )
    finally:
        filler.unlink()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "disk_low")
    wait_until(lambda: not list((farm.data / "objects" / "uploads").iterdir()), "nothing of it is left")


def test_only_an_admin_sees_how_full_the_disk_is(
    quick_farm: QuickFarm, person: Callable[..., Person], scene: Path
) -> None:
    ada = person(quick_farm, "Ada")
    ada.rendered(scene)
    path = quick_farm.url + FARM_API + "/disk"
    assert httpx.get(path, headers=ada.api.headers, trust_env=False).status_code == 403
    seen = httpx.get(path, headers=quick_farm.api.headers, trust_env=False).json()
    assert seen["uploads"] == scene.stat().st_size and seen["frames"] > 0 and 0 < seen["free"] <= seen["total"]


def fit(kept: Kept, limit: int) -> set[str] | None:
    return Retention(kept.store.database, kept.store.files_in_use).let_go_to_fit(limit)


def test_the_oldest_jobs_that_are_over_go_until_the_rest_fits(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    uploads, jobs = [], []
    for slug in ("one", "two", "three"):
        uploads.append(kept.upload(slug))
        jobs.append(kept.job(slug, "completed"))
    kept.days_pass(0.1)
    assert kept.store.get(jobs[0][0]).output_bytes == 4
    kept.removal._settings = dataclasses.replace(kept.removal._settings, keep_bytes=17)
    asyncio.run(kept.removal.remove_to_fit())
    assert [frame.exists() for _, frame in jobs] == [False, True, True]
    assert [each.exists() for each in uploads] == [False, True, True]
    assert kept.store.get(jobs[0][0]).is_deleted
    assert fit(kept, 17) is None


@pytest.mark.parametrize("status", ["rendering", "validated"])
def test_what_is_not_over_stays_however_much_there_is(tmp_path: Path, status: str) -> None:
    kept = Kept(tmp_path)
    kept.upload("one")
    job_id, _ = kept.job("one", status)
    kept.days_pass(100)
    fit(kept, 0)
    assert not kept.store.get(job_id).is_deleted


def test_frames_whose_links_were_just_given_stay(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.upload("one")
    job_id, _ = kept.job("one", "completed")
    kept.days_pass(1)
    kept.store.links_given(job_id, time.time() + 60)
    assert fit(kept, 0) == set()
    assert not kept.store.get(job_id).is_deleted


def test_an_upload_stays_while_another_job_needs_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.upload("one")
    over, waiting = kept.job("one", "completed")[0], kept.job("one", "validated")[0]
    kept.days_pass(1)
    assert fit(kept, 0) == set()
    assert kept.store.get(over).is_deleted and not kept.store.get(waiting).is_deleted
    upload = kept.store.upload("one")
    assert upload is not None and upload.bytes == 4


def test_a_farm_that_keeps_little_removes_by_itself(start_quick_farm: StartFarm, scene: Path) -> None:
    farm = start_quick_farm(keep_bytes=0, first_removal=0.2, link_seconds=0.0)
    job_id = farm.rendered(scene)["id"]
    farm.kill()
    farm.start()
    wait_until(lambda: farm.job(job_id)["output"]["isDeletedForClient"], "the job's files are gone")
    wait_until(lambda: not list((farm.data / "objects" / "jobs").iterdir()), "the folder is gone")


def test_a_state_that_cannot_be_written_now_is_told_as_a_shortage(start_quick_farm: StartFarm) -> None:
    """As on a full disk: who asks is told to come back, and the farm's log holds no fault of its own."""
    farm = start_quick_farm()
    with closing(sqlite3.connect(farm.data / "farm.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = farm.api.post("/uploads", json={"fileName": "a.blend", "fileType": "blend"})
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert answer.json()["error"]["code"] == "state"
    farm.ask("/uploads", fileName="a.blend", fileType="blend")
    assert "Traceback" not in farm.log()
