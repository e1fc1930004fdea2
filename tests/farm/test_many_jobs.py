"""Lists of very many jobs: the number of jobs is kept, not counted, and pages are found by it."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from people import Person
from quick_engine import QuickFarm, package

from farmhand.farm.state import database, job_status
from farmhand.farm.state.job_pages import PageOfJobs
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store
from farmhand.farm.state.workspaces import Workspaces


def test_the_number_of_jobs_is_right_whatever_happens_to_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.sqlite3")
    spaces = [store.workspace_id, Workspaces(store.database).find_or_create("film").id]
    chance = random.Random(1)
    jobs = []
    for number in range(300):
        slug = f"slug{number}"
        store.add_upload(Upload(slug, "a.blend", "blend", 0.0, None, chance.choice(spaces)))
        jobs.append(store.create_job(slug))
        one = chance.choice(jobs)
        store.move(one.id, chance.choice((job_status.VALIDATING, job_status.FAILED, job_status.CANCELED)))
    with store.database.write():
        store.database.execute("DELETE FROM jobs WHERE number % 7 = 0")
    left = store.database.execute("SELECT workspace_id, status FROM jobs").fetchall()
    true = Counter((row[0], row[1]) for row in left)
    assert len(true) > 4
    for workspace in spaces:
        for status in {status for _, status in true}:
            found, total = store.pages.records(PageOfJobs(1, 500, status, workspace))
            assert total == len(found) == true[workspace, status]
    assert store.pages.records(PageOfJobs(1, 500))[1] == len(left)
    store.close()


@pytest.mark.parametrize("steps", [6, 7], ids=["not counted", "counted in all"])
def test_the_jobs_of_an_older_farm_are_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    path = tmp_path / "farm.sqlite3"
    with monkeypatch.context() as before:
        before.setattr(database, "STEPS", database.STEPS[:steps])
        older = database.Database(path)
    older.execute("INSERT INTO uploads (slug, file_name, file_type, expires) VALUES ('s', 'a.blend', 'blend', 0)")
    for number in range(1203):
        older.execute(
            "INSERT INTO jobs (id, status, slug, workspace_id, created, updated) VALUES (?, ?, 's', ?, 0, 0)",
            (str(number), "failed" if number % 3 else "created", older.workspace_id),
        )
    older.close()
    store = Store(path)
    found, total = store.pages.records(PageOfJobs(3, 100, "created"))
    assert total == 401
    assert [each.id for each in found] == [str(1200 - 3 * place) for place in range(200, 300)]
    store.move("0", job_status.CANCELED)
    assert (store.pages.count("created"), store.pages.count()) == (400, 1203)
    store.close()


@pytest.mark.parametrize("status", [None, job_status.FAILED, "unheard_of"])
@pytest.mark.parametrize("page_size", [7, 200])
def test_pages_hold_every_job_once_newest_first(tmp_path: Path, status: str | None, page_size: int) -> None:
    store = Store(tmp_path / "farm.sqlite3")
    chance = random.Random(page_size)
    spaces = [store.workspace_id, Workspaces(store.database).find_or_create("film").id]
    jobs = []
    for number in range(1100):
        store.add_upload(Upload(f"slug{number}", "a.blend", "blend", 0.0, None, chance.choice(spaces)))
        jobs.append(store.create_job(f"slug{number}"))
        if chance.random() < 0.2:
            store.move(jobs[-1].id, job_status.FAILED)
    with store.database.write():
        store.database.execute("DELETE FROM jobs WHERE number BETWEEN 400 AND 1050")
    for workspace in (None, *spaces):
        true = [
            job.id
            for job in map(store.job, (each.id for each in reversed(jobs)))
            if job and workspace in (None, job.workspace_id) and status in (None, job.status)
        ]
        pages = len(true) // page_size + 2
        found = [store.pages.listed(PageOfJobs(page, page_size, status, workspace))[0] for page in range(1, pages)]
        assert [each.job.id for page in found for each in page] == true
        assert store.pages.listed(PageOfJobs(pages, page_size, status, workspace)) == ([], len(true))
    store.close()


def test_a_list_tells_of_a_job_what_the_job_alone_tells(
    quick_farm: QuickFarm, person: Callable[..., Person], tmp_path: Path
) -> None:
    scene = tmp_path / "scene.blend"
    scene.write_bytes(package(0))
    ada = person(quick_farm, "Ada")
    notes = ['NaN of "Infinity"', "\N{CLAPPER BOARD} and \\ud83c", "plain"]
    for note in notes:
        assert ada.rendered(scene, notes=note, frameRanges=["1"])["status"] == "completed"
    listed = ada.api.get("/jobs").json()["jobs"]
    assert len(listed) == len(notes)
    for each in listed:
        alone = ada.job(each["id"])
        assert without_links(each) == without_links(alone)


def without_links(job: dict[str, Any]) -> dict[str, Any]:
    """Links end when they end; times may be written in several ways."""
    changing = {"pageUrl": None, "previewUrl": None}
    return {**job, **changing, **{name: datetime.fromisoformat(job[name]) for name in ("createdAt", "updatedAt")}}


def test_a_list_leaves_out_what_is_very_long_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.sqlite3")
    store.add_upload(Upload("slug", "a.blend", "blend", 0.0, None, store.workspace_id))
    job = store.create_job("slug")
    store.change(job.id, analysis={"scenes": ["x" * 1000] * 50}, requested={"notes": "y"})
    [listed], _ = store.pages.listed(PageOfJobs(1, 10))
    assert listed.details == {"requested": '{"notes": "y"}'}
    assert listed.has_analysis
    store.close()
