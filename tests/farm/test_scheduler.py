"""What the scheduler does when something goes wrong between two of its steps."""

import asyncio
import contextlib
import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slots_backend import SlotsBackend

from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.storage import Storage
from farmhand.farm.render.backend import FrameTask, Needs, Rendered, RenderedFile, WorkFailed
from farmhand.farm.render.job_files import JobFiles
from farmhand.farm.render.movies import Movies
from farmhand.farm.render.packages.laid_out import LaidOutPackages
from farmhand.farm.render.scheduling.job_start import JobStart
from farmhand.farm.render.scheduling.scheduler import Scheduler
from farmhand.farm.render.scheduling.shortages import Shortages
from farmhand.farm.render.tiles.tile_places import TilePlaces
from farmhand.farm.responses import Views
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state.records import Upload, now
from farmhand.farm.state.store import Store
from farmhand.farm.state.workspaces import Workspaces
from farmhand.farm.webhooks import Webhooks
from farmhand.jobs.folder import path_limits

PATIENCE = 10.0


class Slots(SlotsBackend):
    """Four slots. failing: how the first frames end. seen: the job's status each time that its processes are ended."""

    def __init__(self, settings: FarmSettings, store: Store, packages: LaidOutPackages) -> None:
        super().__init__(settings, settings.data / path_limits.WORK, packages)
        self._store = store
        self.failing: list[Exception] = []
        self.seen: list[str] = []
        self.faults = 0

    def has_room(self, needs: Needs) -> bool:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a fault of the farm")
        return super().has_room(needs)

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        self._taken += 1
        try:
            started({})
            await asyncio.sleep(0.01)
            if self.failing:
                raise self.failing.pop(0)
            return self._painted(task)
        finally:
            self._taken -= 1
            self._changed()

    async def release(self, job_id: str) -> None:
        self.seen.append(self._store.get(job_id).status)
        await asyncio.sleep(0.05)

    def _painted(self, task: FrameTask) -> Rendered:
        folder = self._work / path_limits.work_name(task.job_id) / "f" / f"{task.frame}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        file, preview = folder / f"{task.frame}.png", folder / "preview.png"
        for each in (file, preview):
            each.write_bytes(b"picture")
        return Rendered(folder, (RenderedFile(file, file.name, None, None),), 1.0, preview)


class Farm:
    """A farm without its API, and a job in it that is started."""

    def __init__(self, data: Path, frames: int) -> None:
        self.settings = settings = FarmSettings(data, (), workers=4, shortage_seconds=0.02)
        self.store = store = Store(data / "farm.sqlite3")
        objects, work = FolderObjects(data / "objects"), data / path_limits.WORK
        packages = LaidOutPackages(objects, work, settings.unpack_limit)
        files = JobFiles(store, objects, work, packages, settings.upload_limit)
        views = Views(settings, store, Storage(objects, b"secret"), "http://farm")
        self.backend = Slots(settings, store, packages)
        webhooks, movies = Webhooks(settings, store, views), Movies(settings, store, objects, work / "movies")
        tiles = TilePlaces(work, None)
        self.scheduler = Scheduler(settings, store, files, self.backend, webhooks, movies, tiles)
        store.add_upload(Upload("slug", "shot.blend", "blend", now() + 60, None))
        self.job_id = store.create_job("slug").id
        self.work = work / path_limits.work_name(self.job_id)
        config = {"frameRanges": [f"1-{frames}"]}
        for status in ("validating", "validated"):
            store.move(self.job_id, status)
        store.move(self.job_id, "booting", config=config, requested=config)

    @property
    def status(self) -> str:
        return self.store.get(self.job_id).status

    async def start(self, frames: int) -> None:
        self.store.add_frames(self.job_id, range(1, frames + 1))
        await self.scheduler.start()

    async def until(self, *statuses: str) -> None:
        await until(lambda: self.status in statuses)


async def until(is_so: Callable[[], bool]) -> None:
    """Look at every step of the event loop."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        await asyncio.sleep(0)


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path, 8)


def test_nothing_of_a_job_is_at_work_any_more_when_it_can_be_retried(farm: Farm) -> None:
    """A program that retries it at once must not have its new frames removed with the old ones."""
    farm.backend.failing = [WorkFailed("This cannot be rendered.", "test", is_final=True)]

    async def fail() -> None:
        farm.work.mkdir(parents=True)
        await farm.start(8)
        await farm.until("failed")
        assert farm.backend.seen == ["rendering"]
        assert not farm.work.exists()
        await farm.scheduler.stop()

    asyncio.run(fail())


@pytest.mark.parametrize("steps", range(12))
def test_a_job_that_is_canceled_as_its_frames_are_handed_out_leaves_none_under_way(farm: Farm, steps: int) -> None:
    async def cancel() -> None:
        await farm.start(8)
        for _ in range(steps):
            await asyncio.sleep(0)
        farm.store.move(farm.job_id, "canceled")
        await farm.scheduler.cancel(farm.job_id)
        assert farm.scheduler.under_way == []
        await farm.scheduler.stop()

    asyncio.run(cancel())


def test_frames_are_handed_out_after_a_fault_too(farm: Farm) -> None:
    farm.backend.faults = 2

    async def render() -> None:
        await farm.start(8)
        await farm.until("completed", "failed")
        await farm.scheduler.stop()

    asyncio.run(render())
    assert farm.status == "completed"


def run_with_a_failing_write(farm: Farm, failing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Render a job of one frame while the write of this number, from 1, finds no room on the disk."""
    database, writes = farm.store.database, 0
    write = database.write

    @contextlib.contextmanager
    def failing_once() -> Iterator[None]:
        nonlocal writes
        writes += 1
        if writes == failing:
            raise sqlite3.OperationalError("database or disk is full")
        with write():
            yield

    async def render() -> None:
        await farm.start(1)
        monkeypatch.setattr(database, "write", failing_once)
        await farm.until("completed", "failed")
        await farm.scheduler.stop()

    asyncio.run(render())


@pytest.mark.parametrize("failing", range(1, 9))
def test_a_write_that_fails_for_a_full_disk_has_no_frame_done_or_counted_twice(
    tmp_path: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm = Farm(tmp_path, 1)
    run_with_a_failing_write(farm, failing, monkeypatch)
    job, line = (
        farm.store.get(farm.job_id),
        farm.store.database.execute("SELECT attempts, seconds FROM frames").fetchone(),
    )
    assert (job.status, job.render_seconds, tuple(line)) == ("completed", 1.0, (0, 1.0))
    assert job.preview


@pytest.mark.parametrize("failing", range(1, 12))
def test_a_write_that_fails_for_a_full_disk_fails_no_job_whose_frame_failed_once(
    tmp_path: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm = Farm(tmp_path, 1)
    farm.backend.failing = [WorkFailed("Once.", "crashed"), OSError(errno.ENOSPC, "full")]
    run_with_a_failing_write(farm, failing, monkeypatch)
    attempts = farm.store.database.number("SELECT attempts FROM frames")
    assert (farm.status, attempts) == ("completed", 1)


def test_a_start_that_meets_a_full_disk_goes_on_when_there_is_room(farm: Farm) -> None:
    store, database = farm.store, farm.store.database
    start = JobStart(store, Workspaces(database), Shortages(store, 0.02))
    frames = range(1, 20_001)

    async def begin() -> bool:
        starting = asyncio.create_task(start.add_frames(store.get(farm.job_id), frames))
        await until(lambda: bool(store.pause_reason) or starting.done())
        told.append(store.pause_reason)
        database.execute("PRAGMA max_page_count = 1000000")
        return await starting

    told: list[str] = []
    database.execute(f"PRAGMA max_page_count = {database.number('PRAGMA page_count') + 20}")
    assert asyncio.run(begin())
    assert told == ["The farm cannot write its state now (database or disk is full)."]
    assert store.counts(farm.job_id).total == len(frames)
