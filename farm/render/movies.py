"""Makes movies of completed jobs' frames, one job at a time, in a confined Blender of its own.

The settings say whether every job gets one, or only a job whose movie is requested. A movie is only a preview: a job
is complete without it, and if none can be made, the log and the answer to the request say why.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import sqlite3
from pathlib import Path, PurePath
from typing import Any

from ...client.files import remove_tree
from ..objects.objects import Objects
from ..options import ALWAYS, NEVER
from ..settings import FarmSettings
from ..state.job_status import COMPLETED
from ..state.outputs import VIDEO, of_first_view
from ..state.records import JobRecord, OutputRecord
from ..state.store import Store
from . import disk_room
from .backend import WorkFailed
from .blender import worker_answers
from .blender.launcher import Launcher
from .failures import FAILURES, as_work_failed
from .taken_files import NotAFile, take

_log = logging.getLogger(__name__)
_NO_BLENDER = "This farm has no Blender of its own for videos."
_START_SECONDS, _FRAME_SECONDS = 120.0, 10.0
_AGAIN_SECONDS, _LONGEST_SECONDS = 60.0, 3600.0
_PATIENCE_SECONDS = 20.0
"""So long a call waits for a movie; clients wait longer for an answer."""


class Movies:
    """work: where its Blenders have their folders."""

    def __init__(self, settings: FarmSettings, store: Store, objects: Objects, work: Path) -> None:
        self._store = store
        self._objects = objects
        self._work = work
        self._has_blender = bool(settings.blender)  # a farm whose frames are all rendered on nodes may have none
        self._launcher = Launcher(settings, work, is_quiet=True)
        self._is_always = settings.videos == ALWAYS
        self._is_never = settings.videos == NEVER
        self._wake = asyncio.Event()
        self._asked: dict[str, asyncio.Event] = {}
        self._short: set[str] = set()
        """Jobs whose movie met a shortage in this round: it may be the movie that is too large."""
        self._rest_seconds = _AGAIN_SECONDS
        self.is_busy = False

    def is_on_request(self, job: JobRecord) -> bool:
        """Whether a movie would be made now if it is requested."""
        return job.status == COMPLETED and job.video is None and not job.is_deleted and not self._is_never

    async def make(self, job_id: str) -> None:
        """Make this job's movie before others. Returns once that was tried, or after a time limit."""
        tried = self._asked.setdefault(job_id, asyncio.Event())
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(tried.wait(), _PATIENCE_SECONDS)

    def wake(self) -> None:
        """A job may have been completed."""
        self._wake.set()

    async def run(self) -> None:
        """Make what is missing, for as long as the farm runs."""
        await asyncio.to_thread(remove_tree, self._work)
        try:
            while True:
                try:
                    await self._make_next()
                except sqlite3.Error:
                    _log.exception("The farm's state cannot be used now; the next try is in a minute")
                    self.is_busy = False
                    await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            await self._launcher.stop()

    async def _make_next(self) -> None:
        self._wake.clear()
        job_id = next(iter(self._asked), None)
        if job_id is None and self._is_always:
            job_id = self._store.outputs.next_without_video(self._short)
            if job_id in self._short:
                self._short.clear()
        self.is_busy = job_id is not None
        if job_id is None:
            await self._wake.wait()
        else:
            job = self._store.get(job_id)
            if job.video is None and not job.is_deleted:
                await self._make_and_keep(job)
            if tried := self._asked.pop(job_id, None):
                tried.set()

    async def _make_and_keep(self, job: JobRecord) -> None:
        frames = of_first_view(self._store.outputs.of_job(job.id))
        video: dict[str, Any] = {}
        try:
            if len(frames) > 1:
                with self._store.files_in_use.reading(job.id):
                    video = await self._make(job, frames) if self._has_blender else {"notice": _NO_BLENDER}
        except Exception as error:  # whatever the error, the job is complete and the next one needs its movie
            if isinstance(error, FAILURES) and (failure := as_work_failed(error)).is_shortage:
                _log.warning("The video of job %s cannot be made now; the farm tries again (%s)", job.id, failure.name)
                self._short.add(job.id)
                await self._rest()
                return
            expected = isinstance(error, WorkFailed | OSError | NotAFile)
            _log.warning("Job %s has no video: %s", job.id, error, exc_info=None if expected else error)
            video = {"notice": _why(error)}
        self._store.outputs.set_video(job.id, video)
        self._rest_seconds = _AGAIN_SECONDS

    async def _rest(self) -> None:
        """Wait, each time longer, while no movie can be made; a job that is requested or completed is tried at once."""
        self.is_busy = False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._rest_seconds)
        self._rest_seconds = min(2 * self._rest_seconds, _LONGEST_SECONDS)

    async def _make(self, job: JobRecord, frames: list[OutputRecord]) -> dict[str, Any]:
        process = await self._launcher.launch()
        try:
            folder, output = process.folder.package, process.folder.output
            await asyncio.to_thread(self._lay_out, job, frames, folder)
            final = job.final or {}
            with disk_room.blamed(self._work):
                answer = worker_answers.movie(
                    await process.ask(
                        "movie",
                        _START_SECONDS + _FRAME_SECONDS * len(frames),
                        folder=str(folder),
                        target=str(output / VIDEO),
                        fps=float(final.get("fps") or 24.0),
                        view={name: final.get(name) for name in ("viewTransform", "look", "exposure", "gamma")},
                    )
                )
            disk_room.check(self._work)
            size, digest = await asyncio.to_thread(self._put_in_place, job, output, process.folder.root)
        finally:
            await process.end()
        return {"key": f"{job.key}/{VIDEO}", **answer.model_dump(), "bytes": size, "sha256": digest}

    def _lay_out(self, job: JobRecord, frames: list[OutputRecord], folder: Path) -> None:
        for number, each in enumerate(frames):
            suffix = PurePath(each.relative_path).suffix
            self._objects.fetch(f"{job.key}/{each.relative_path}", folder / f"{number:07d}{suffix}")

    def _put_in_place(self, job: JobRecord, output: Path, root: Path) -> tuple[int, str]:
        taken = root / VIDEO
        take(output, VIDEO, taken)
        with taken.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self._objects.put(taken, f"{job.key}/{VIDEO}"), digest


def _why(error: Exception) -> str:
    """A sentence for the caller who requests the movie."""
    return error.name if isinstance(error, WorkFailed) else "The farm's log says why."
