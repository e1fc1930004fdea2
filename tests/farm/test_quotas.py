"""Quotas: what a workspace may have at a time, and what it is told when that is used up."""

import asyncio
import contextlib
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from people import Person, manage
from quick_engine import QuickFarm, package
from waiting import PATIENCE, wait_until

from farmhand.farm.api.arrived_uploads import ArrivedUploads
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store
from farmhand.farm.state.workspaces import MOST_JOBS, MOST_LINKS, Workspaces
from farmhand.jobs.folder import path_limits

Limited = Callable[..., Person]
GIB = 1024**3


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0, seconds=0.2))
    return path


@pytest.fixture
def limited(person: Callable[..., Person]) -> Limited:
    """Call with a farm and quotas: somebody in a workspace that has them."""

    def create(farm: QuickFarm, *quota: str) -> Person:
        manage(farm.data, "workspaces", "set", "film", *quota)
        return person(farm, "Ada", "--workspace", "film")

    return create


def test_a_job_more_than_allowed_waits_until_another_one_is_over(
    quick_farm: QuickFarm, limited: Limited, scene: Path
) -> None:
    ada = limited(quick_farm, "--max-jobs", "1")
    first, slug = ada.new_job(scene), ada.upload(scene)
    refused = ada.api.post("/jobs", json={"slug": slug})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_jobs")
    assert int(refused.headers["Retry-After"]) > 0
    ada.ask(f"/jobs/{first}/cancel")
    assert ada.api.post("/jobs", json={"slug": slug}).status_code == 200


def test_links_that_nobody_uses_are_given_out_up_to_a_limit(
    quick_farm: QuickFarm, person: Callable[..., Person], scene: Path
) -> None:
    ada, bob = (person(quick_farm, name, "--workspace", space) for name, space in (("Ada", "film"), ("Bob", "games")))
    ask = {"fileName": "scene.blend", "fileType": "blend"}
    ada.ask("/uploads", **ask)
    with contextlib.closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database, database:
        number = f"WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each WHERE n < {MOST_LINKS - 1})"
        database.execute(
            "INSERT INTO uploads (slug, file_name, file_type, expires, workspace_id) "
            f"{number} SELECT 'link' || n, file_name, file_type, expires, workspace_id FROM each, uploads"
        )
    refused = ada.api.post("/uploads", json=ask)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_uploads")
    assert int(refused.headers["Retry-After"]) > 0
    assert bob.new_job(scene)
    with contextlib.closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database, database:
        database.execute("UPDATE uploads SET expires = 1 WHERE slug = 'link1'")
    assert ada.new_job(scene)


def test_a_quota_is_one_workspaces_own(
    quick_farm: QuickFarm, limited: Limited, person: Callable[..., Person], scene: Path
) -> None:
    limited(quick_farm, "--max-jobs", "1").new_job(scene)
    bob = person(quick_farm, "Bob", "--workspace", "games")
    assert bob.new_job(scene) and bob.new_job(scene)


def test_more_frames_than_allowed_are_refused_before_any_is_rendered(
    quick_farm: QuickFarm, limited: Limited, scene: Path
) -> None:
    ada = limited(quick_farm, "--max-frames", "10")
    running = ada.start_render(scene, frameRanges=["1-8"])
    job = ada.validated(scene)
    config = {"colorManagementPreset": "default", "frameRanges": ["1-9"]}
    refused = ada.api.post(f"/jobs/{job['id']}/render", json={"requestedRenderConfig": config})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_many_frames")
    assert ada.job(job["id"])["status"] == "validated"
    ada.wait_for(running, "completed")
    ada.ask(f"/jobs/{job['id']}/render", requestedRenderConfig=config)


def test_bytes_that_frames_took_count_against_uploads(quick_farm: QuickFarm, limited: Limited, tmp_path: Path) -> None:
    small, large = tmp_path / "small.blend", tmp_path / "large.blend"
    small.write_bytes(package(0, size=(64, 64)))
    large.write_bytes(package(2))
    room = small.stat().st_size + 4 * 64 * 64 * 3 + large.stat().st_size
    ada = limited(quick_farm, "--max-gib", f"{room / GIB:.12f}")
    assert ada.rendered(small, frameRanges=["1-5"])["status"] == "completed"
    target = ada.ask("/uploads", fileName="large.blend", fileType="blend")
    refused = httpx.put(target["uploadUrl"], content=large.read_bytes(), trust_env=False)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "workspace_full")
    assert ada.rendered(small, frameRanges=["1"])["status"] == "completed", "what still fits is taken"


def test_what_a_zip_unpacks_to_counts_until_its_job_is_over(
    quick_farm: QuickFarm, limited: Limited, tmp_path: Path
) -> None:
    path = tmp_path / "project.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scene.blend", package(0))
        archive.writestr("zeros", bytes(6_000_000))
    ada = limited(quick_farm, "--max-gib", f"{10_000_000 / GIB:.12f}")
    first = ada.validated(path)
    assert first["status"] == "validated"
    refused = ada.validated(path)
    reason = refused["failedReason"]["name"]
    assert refused["status"] == "failed" and "This workspace may keep" in reason and "zip it" not in reason
    ada.ask(f"/jobs/{first['id']}/cancel")
    ada.wait_for(first["id"], "canceled")
    assert ada.validated(path)["status"] == "validated", "there is room again"


def test_a_job_that_an_older_farm_has_checked_is_not_refused_for_what_it_unpacks_to(
    quick_farm: QuickFarm, tmp_path: Path
) -> None:
    path = tmp_path / "project.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scene.blend", package(0, seconds=0.2))
        archive.writestr("zeros", bytes(6_000_000))
    job_id = quick_farm.start_render(path, frameRanges=["1-12"])
    wait_until(lambda: quick_farm.frames_done(job_id) > 1, "two frames are done")
    quick_farm.kill()
    (quick_farm.data / path_limits.WORK).rename(quick_farm.data / "work")  # where older farms had it
    with contextlib.closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET unpacked_bytes = 0")  # as an upgrade leaves it
        database.execute("UPDATE workspaces SET max_bytes = 5000000")
    quick_farm.start()
    job = quick_farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed", job["failedReason"]


def test_two_uploads_at_a_time_cannot_pass_a_quota_that_each_fits(quick_farm: QuickFarm, limited: Limited) -> None:
    ada = limited(quick_farm, "--max-gib", f"{1_000_000 / GIB:.12f}")
    urls = [ada.ask("/uploads", fileName="a.blend", fileType="blend")["uploadUrl"] for _ in range(2)]
    begun, end = threading.Event(), threading.Event()

    def slowly():
        yield b"x" * 100
        begun.set()
        end.wait(PATIENCE)
        yield b"x" * 599_900

    answers: list[int] = []
    headers = {"Content-Length": "600000"}
    first = threading.Thread(
        target=lambda: answers.append(
            httpx.put(urls[0], content=slowly(), headers=headers, timeout=30, trust_env=False).status_code
        )
    )
    first.start()
    begun.wait(PATIENCE)
    parts = quick_farm.data / "objects" / "uploads"
    name = Path(urlsplit(urls[0]).path).name
    wait_until(lambda: any(parts.glob(f"{name}.*.part")), "the farm has read the head of the first one")
    try:
        assert httpx.put(urls[1], content=b"x" * 600_000, trust_env=False).status_code == 413
    finally:
        end.set()
        first.join()
    assert answers == [200]
    assert httpx.put(urls[1], content=b"x" * 300_000, trust_env=False).status_code == 200


def test_the_list_shows_what_a_workspace_uses(quick_farm: QuickFarm, limited: Limited, scene: Path) -> None:
    ada = limited(quick_farm, "--max-jobs", "3", "--weight", "2")
    job_id = ada.start_render(scene, frameRanges=["1-900"])
    lines = {each["name"]: each for each in manage(quick_farm.data, "workspaces", "list")}
    assert lines["film"]["jobs"] == 1 and 0 < lines["film"]["frames"] <= 900
    assert (lines["film"]["max_jobs"], lines["film"]["weight"]) == (3, 2.0)
    assert lines["default"]["jobs"] == 0
    ada.ask(f"/jobs/{job_id}/cancel")
    wait_until(lambda: manage(quick_farm.data, "workspaces", "list")[1]["frames"] == 0, "a canceled job uses no frames")


def test_a_workspace_that_somebody_gets_a_key_of_has_a_limit_of_jobs(
    quick_farm: QuickFarm, person: Callable[..., Person]
) -> None:
    def most_jobs() -> dict[str, int | None]:
        return {line["name"]: line["max_jobs"] for line in manage(quick_farm.data, "workspaces", "list")}

    person(quick_farm, "pc-3", "--role", "render")
    assert most_jobs() == {"default": None}, "the artist's own computer needs none"
    person(quick_farm, "Ada", "--workspace", "film")
    person(quick_farm, "Eve")
    assert most_jobs() == {"default": MOST_JOBS, "film": MOST_JOBS}
    manage(quick_farm.data, "workspaces", "set", "film", "--max-jobs", "0")
    manage(quick_farm.data, "workspaces", "set", "games", "--max-jobs", "7")
    for workspace in ("film", "games"):
        person(quick_farm, "Joe", "--workspace", workspace)
    assert most_jobs() == {"default": MOST_JOBS, "film": None, "games": 7}


def test_zero_removes_a_quota(quick_farm: QuickFarm, limited: Limited, scene: Path) -> None:
    ada = limited(quick_farm, "--max-jobs", "1")
    manage(quick_farm.data, "workspaces", "set", "film", "--max-jobs", "0")
    assert ada.new_job(scene) and ada.new_job(scene)


def test_an_upload_that_two_calls_find_at_a_time_counts_once(tmp_path: Path) -> None:
    settings, store = FarmSettings(tmp_path, ()), Store(tmp_path / "farm.sqlite3")
    objects, workspaces = FolderObjects(tmp_path / "objects"), Workspaces(store.database)
    workspaces.set(store.workspace_id, max_bytes=10)
    upload = Upload("slug", "a.blend", "blend", time.time() + 60, None, store.workspace_id)
    store.add_upload(upload)
    path = objects.path(upload.key)
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(8))
    uploads = ArrivedUploads(settings, store, objects, workspaces)

    async def find_twice() -> list[Upload | None]:
        return await asyncio.gather(uploads.find_arrived(upload), uploads.find_arrived(upload))

    assert [one and one.bytes for one in asyncio.run(find_twice())] == [8, 8]
