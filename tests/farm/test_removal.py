"""Old files go, so that a farm does not fill its disk; what somebody still needs stays."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from running_farm import RunningFarm
from waiting import wait_until

from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state import database, records
from farmhand.farm.state.files import cleanup
from farmhand.farm.state.files.cleanup import Cleanup
from farmhand.farm.state.files.job_logs import MOST_OF_A_JOB, JobLogs
from farmhand.farm.state.files.retention import Retention
from farmhand.farm.state.job_pages import PageOfJobs
from farmhand.farm.state.records import OutputRecord, Upload
from farmhand.farm.state.store import Store
from farmhand.farm.state.workspaces import Workspaces

DAY = 24 * 3600.0
TO_COMPLETED = ("validating", "validated", "booting", "rendering", "finalizing", "completed")


class Kept:
    """A farm's store and objects, and its removal of what is older than three days."""

    def __init__(self, data: Path) -> None:
        self.objects = data / "objects"
        self.path = data / "farm.sqlite3"
        self.store = Store(self.path)
        self.settings, objects = FarmSettings(data, ("blender",), keep_days=3), FolderObjects(self.objects)
        self.removal = Cleanup(self.settings, self.store, objects, data / "work")

    def upload(self, slug: str) -> Path:
        upload = Upload(slug, "shot.blend", "blend", time.time(), None)
        self.store.add_upload(upload)
        self.store.set_uploaded(slug, 4)
        return self._file(upload.key)

    def job(self, slug: str, status: str) -> tuple[str, Path]:
        """A job with a frame, brought to a status; its id and the frame's file."""
        job = self.store.create_job(slug)
        for step in TO_COMPLETED[: TO_COMPLETED.index(status) + 1]:
            self.store.move(job.id, step)
        self.store.finish_frame(job.id, 1, 1.0, [OutputRecord(1, "frames/shot_0001.png", None, None, 4, "")])
        return job.id, self._file(f"{job.key}/frames/shot_0001.png")

    def days_pass(self, days: float) -> None:
        """Everything was that much earlier, but for links that were just given."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE jobs SET updated = updated - ?", (days * DAY,))
            database.execute("UPDATE uploads SET expires = expires - ?", (days * DAY,))

    def remove_old(self) -> None:
        asyncio.run(self.removal.remove_old())

    def _file(self, key: str) -> Path:
        path = self.objects / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"file")
        return path


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_logs_of_failed_work_go_with_the_other_files_of_their_job(kept: Kept) -> None:
    logs = JobLogs(kept.objects.parent / "logs" / "jobs")
    kept.upload("one")
    old, recent = (kept.job("one", "completed")[0] for _ in range(2))
    paths = [logs.keep(job_id, "frame 1", "Blender crashed.") for job_id in (old, recent)]
    kept.days_pass(3.1)
    kept.store.change(recent, priority=1)
    kept.remove_old()
    assert [path.exists() for path in paths] == [False, True]


def test_a_job_whose_frames_fail_by_the_thousand_keeps_its_newest_logs(kept: Kept) -> None:
    logs = JobLogs(kept.objects.parent / "logs")
    paths = [logs.keep("job", f"frame {number}", "Blender crashed.") for number in range(MOST_OF_A_JOB + 20)]
    assert [path.exists() for path in paths] == [False] * 20 + [True] * MOST_OF_A_JOB


@pytest.mark.parametrize("days, is_there", [(2.9, True), (3.1, False)])
def test_the_frames_and_the_upload_of_a_job_go_when_it_has_been_over_for_days(
    kept: Kept, days: float, is_there: bool
) -> None:
    upload = kept.upload("one")
    _, frame = kept.job("one", "completed")
    kept.days_pass(days)
    kept.remove_old()
    assert (frame.exists(), upload.exists()) == (is_there, is_there)


@pytest.mark.parametrize("status", ["validating", "booting", "rendering", "finalizing"])
def test_a_job_under_way_keeps_its_files_however_old_it_is(kept: Kept, status: str) -> None:
    upload = kept.upload("one")
    _, frame = kept.job("one", status)
    kept.days_pass(100)
    kept.remove_old()
    assert frame.exists() and upload.exists()


def test_frames_that_somebody_still_has_links_to_stay(kept: Kept) -> None:
    kept.upload("one")
    job_id, frame = kept.job("one", "completed")
    kept.days_pass(100)
    kept.store.links_given(job_id, time.time() + 60)
    kept.remove_old()
    assert frame.exists()


def test_a_job_that_was_never_started_is_canceled_with_its_files(kept: Kept) -> None:
    kept.upload("one")
    job_id, frame = kept.job("one", "validated")
    kept.days_pass(100)
    kept.remove_old()
    assert (kept.store.get(job_id).status, frame.exists()) == ("canceled", False)


def test_an_upload_that_became_no_job_goes(kept: Kept) -> None:
    upload = kept.upload("one")
    kept.days_pass(100)
    kept.remove_old()
    assert not upload.exists()


def test_an_upload_stays_while_another_job_needs_it(kept: Kept) -> None:
    upload = kept.upload("one")
    kept.job("one", "completed")
    kept.days_pass(100)
    kept.job("one", "rendering")
    kept.remove_old()
    assert upload.exists()


def test_a_clock_that_is_set_back_stops_no_removal(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "_BETWEEN_SECONDS", 0.02)
    monkeypatch.setattr(cleanup, "_BETWEEN_SIZES_SECONDS", 0.01)
    monkeypatch.setattr(kept.removal, "_settings", replace(kept.settings, first_removal=0.0))
    looks: list[float] = []

    async def look() -> None:
        looks.append(time.time())
        monkeypatch.setattr(records.time, "time", lambda: looks[0] - DAY)

    async def run() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(kept.removal.run(), 1.0)

    monkeypatch.setattr(kept.removal, "remove_old", look)
    asyncio.run(run())
    assert len(looks) > 3


def test_files_that_an_ended_farm_left_over_go_the_next_time(kept: Kept) -> None:
    kept.upload("one")
    _, frame = kept.job("one", "completed")
    kept.days_pass(100)
    Retention(kept.store.database, kept.store.files_in_use).let_go(time.time())  # and here the farm was ended
    kept.remove_old()
    assert not frame.exists()


def test_files_that_the_store_does_not_know_are_not_touched(kept: Kept) -> None:
    stranger = kept.objects / "jobs" / "somebody" / "frames" / "0001.png"
    stranger.parent.mkdir(parents=True)
    stranger.touch()
    kept.remove_old()
    assert stranger.exists()


def test_a_state_of_before_goes_on_with_its_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(database, "STEPS", database.STEPS[:1])
        Store(tmp_path / "farm.sqlite3").close()
    with closing(sqlite3.connect(tmp_path / "farm.sqlite3")) as older, older:
        older.execute(
            "INSERT INTO jobs (id, status, slug, workspace_id, created, updated) VALUES ('a','failed','b','',0,0)"
        )
    assert Store(tmp_path / "farm.sqlite3").get("a").is_deleted is False


def test_what_a_farm_had_before_it_had_keys_belongs_to_its_first_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "farm.sqlite3"
    with monkeypatch.context() as before:
        before.setattr(database, "STEPS", database.STEPS[:2])
        database.Database(path).close()
    with closing(sqlite3.connect(path)) as older, older:
        older.execute("INSERT INTO uploads VALUES ('slug', 'shot.blend', 'blend', 0, 7)")
        workspace = older.execute("SELECT value FROM meta WHERE name = 'workspace'").fetchone()[0]
        older.execute(
            "INSERT INTO jobs (id, status, slug, workspace_id, created, updated) "
            "VALUES ('a', 'completed', 'slug', ?, 0, 0)",
            (workspace,),
        )
        older.execute("INSERT INTO outputs VALUES ('a', 1, 'frames/0001.png', NULL, NULL, 35, '')")
    store = Store(path)
    assert store.workspace_id == workspace
    upload = store.upload("slug")
    assert upload is not None and upload.workspace_id == workspace
    job = store.get("a")
    assert (job.output_bytes, job.priority, job.is_paused, job.ends_first) == (35, 0, False, False)
    assert [each.id for each in store.pages.records(PageOfJobs(1, 10, workspace_id=workspace))[0]] == ["a"]
    workspaces = Workspaces(store.database)
    assert [each.name for each in workspaces.all()] == ["default"]
    assert workspaces.usage(workspace).bytes == 42
    assert [output.relative_path for output in store.outputs.of_job("a")] == ["frames/0001.png"]
    store.close()


def test_a_farm_tells_of_a_job_whose_files_are_gone(start_farm: Callable[..., RunningFarm], tmp_path: Path) -> None:
    farm = start_farm(settings={"keep_days": 1, "first_removal": 0.1})
    scene = tmp_path / "notes.blend"
    scene.write_text("shopping list")
    job_id = farm.validated(scene)["id"]
    farm.stop()
    with closing(sqlite3.connect(farm.data / "farm.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET updated = updated - 2 * 86400")
        database.execute("UPDATE uploads SET expires = expires - 2 * 86400")
    farm.start()
    wait_until(lambda: farm.job(job_id)["output"] == {"isDeletedForClient": True}, "the job has lost its files")
    downloads = farm.downloads(job_id)
    assert (downloads["frames"], downloads["frameOutputs"], downloads["transforms"]["framesZip"]) == ([], [], None)
    wait_until(lambda: not list((farm.data / "objects" / "uploads").iterdir()), "the upload is gone")
