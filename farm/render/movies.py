"""Makes a movie of each completed job's frames, one job at a time, in a confined Blender of its own.

A movie is for a look: a job is complete without it, and where none can be made the log says why.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from pathlib import Path
from typing import Any

from ...client.files import remove_tree
from ..settings import FarmSettings
from ..state.records import JobRecord, OutputRecord
from ..state.storage import Storage
from ..state.store import Store
from . import worker_answers
from .backend import WorkFailed
from .launcher import Launcher
from .process_folder import link
from .taken_files import NotAFile, take

_log = logging.getLogger(__name__)
_VIDEO = "video.mp4"
"""Its name among the job's objects."""
_START_SECONDS, _FRAME_SECONDS = 120.0, 10.0
_AGAIN_SECONDS = 60.0


class Movies:
    """work: where its Blenders have their folders."""

    def __init__(self, settings: FarmSettings, store: Store, storage: Storage, work: Path) -> None:
        self._store = store
        self._storage = storage
        self._work = work
        self._has_blender = bool(settings.blender)  # a farm whose frames all come from elsewhere may have none
        self._launcher = Launcher(settings, work, is_quiet=True)
        self._wake = asyncio.Event()
        self.is_busy = False

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
        job_id = self._store.outputs.next_without_video()
        self.is_busy = job_id is not None
        if job_id is None:
            await self._wake.wait()
        else:
            await self._make_and_keep(self._store.get(job_id))

    async def _make_and_keep(self, job: JobRecord) -> None:
        frames = _frames_of_one_view(self._store.outputs.of_job(job.id))
        video: dict[str, Any] = {}
        try:
            if len(frames) > 1 and self._has_blender:
                video = await self._make(job, frames)
        except Exception as error:  # whatever it is, the job is complete and the next one wants its movie
            expected = isinstance(error, WorkFailed | OSError | NotAFile)
            _log.warning("Job %s has no video: %s", job.id, error, exc_info=None if expected else error)
        self._store.outputs.set_video(job.id, video)

    async def _make(self, job: JobRecord, frames: list[OutputRecord]) -> dict[str, Any]:
        process = await self._launcher.launch()
        try:
            folder, output = process.folder.package, process.folder.output
            await asyncio.to_thread(self._lay_out, job, frames, folder)
            final = job.final or {}
            answer = worker_answers.movie(
                await process.ask(
                    "movie",
                    _START_SECONDS + _FRAME_SECONDS * len(frames),
                    folder=str(folder),
                    target=str(output / _VIDEO),
                    fps=float(final.get("fps") or 24.0),
                    view={name: final.get(name) for name in ("viewTransform", "look", "exposure", "gamma")},
                )
            )
            size, digest = await asyncio.to_thread(self._put_in_place, job, output, process.folder.root)
        finally:
            await process.end()
        return {"key": f"{job.key}/{_VIDEO}", **answer.model_dump(), "bytes": size, "sha256": digest}

    def _lay_out(self, job: JobRecord, frames: list[OutputRecord], folder: Path) -> None:
        for number, each in enumerate(frames):
            path = self._storage.path(f"{job.key}/{each.relative_path}")
            link(path, folder / f"{number:07d}{path.suffix}")

    def _put_in_place(self, job: JobRecord, output: Path, root: Path) -> tuple[int, str]:
        taken = root / _VIDEO
        take(output, _VIDEO, taken)
        with taken.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self._storage.put_in_place(taken, f"{job.key}/{_VIDEO}"), digest


def _frames_of_one_view(outputs: list[OutputRecord]) -> list[OutputRecord]:
    """The frames in order; of a stereo scene those of its first view."""
    frames = [each for each in outputs if each.node is None]
    return [each for each in frames if each.view == frames[0].view]
