"""A movie that a full disk prevents is made once there is room."""

import asyncio
import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from waiting import wait_until

from farmhand.farm.options import ALWAYS
from farmhand.farm.render import movies as movies_module
from farmhand.farm.render.movies import Movies
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state.files.files_in_use import FilesInUse
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store


def test_a_movie_that_a_shortage_prevents_is_made_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movies_module, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(movies_module, "of_first_view", lambda outputs: [1, 2])
    full, kept = [errno.ENOSPC, errno.EMFILE], []

    async def make(*_: Any) -> dict[str, Any]:
        if full:
            raise OSError(full.pop(), "no room")
        return {"key": "video.mp4"}

    job = SimpleNamespace(id="job", video=None, is_deleted=False)
    outputs = SimpleNamespace(
        next_without_video=lambda last: None if kept else "job",
        of_job=lambda job_id: [],
        set_video=lambda job_id, video: kept.append(video),
    )
    store: Any = SimpleNamespace(outputs=outputs, files_in_use=FilesInUse(), get=lambda job_id: job)
    objects: Any = None

    async def run() -> None:
        movies = Movies(FarmSettings(tmp_path, ("blender",)), store, objects, tmp_path / "movies")
        monkeypatch.setattr(movies, "_make", make)
        making = asyncio.create_task(movies.run())
        await asyncio.to_thread(wait_until, lambda: bool(kept), "the movie is made")
        making.cancel()

    asyncio.run(run())
    assert kept == [{"key": "video.mp4"}]


def test_a_movie_that_is_too_large_for_the_disk_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movies_module, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(movies_module, "of_first_view", lambda outputs: [1, 2])
    store, made = Store(tmp_path / "farm.sqlite3"), list[str]()
    store.add_upload(Upload("slug", "a.blend", "blend", 0.0, None, store.workspace_id))
    large, small = (store.create_job("slug").id for _ in range(2))
    with store.database.write():
        store.database.execute("UPDATE jobs SET status = 'completed', updated = number")

    async def make(job: Any, _: Any) -> dict[str, Any]:
        if job.id == large:
            raise OSError(errno.ENOSPC, "no room")
        made.append(job.id)
        return {"key": "video.mp4"}

    async def run() -> None:
        objects: Any = None
        movies = Movies(FarmSettings(tmp_path, ("blender",), videos=ALWAYS), store, objects, tmp_path / "movies")
        monkeypatch.setattr(movies, "_make", make)
        making = asyncio.create_task(movies.run())
        await asyncio.to_thread(wait_until, lambda: bool(made), "the other movie is made")
        making.cancel()

    asyncio.run(run())
    assert (store.get(large).video, made) == (None, [small])
    store.close()
