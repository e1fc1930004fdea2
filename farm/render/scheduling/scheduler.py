"""Brings jobs through their stages: validates them and hands their frames to the backend.

The store records work in progress, so that a farm resumes after it was killed. Nothing here polls: every wait ends
with an event.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import sqlite3
from typing import Any

from ...settings import FarmSettings
from ...state.job_status import BOOTING, COMPLETED, FAILED, FINALIZING, RENDERING, VALIDATING
from ...state.queue.frame_queue import FrameQueue, Lease, UnderWay
from ...state.queue.frame_times import FrameTimes
from ...state.records import JobRecord
from ...state.store import Store
from ...webhooks import Webhooks
from ..backend import TOO_SLOW, AttemptLost, Backend, FrameTask, Needs, NodeDirectory, Rendered, WorkFailed
from ..failures import FAILURES, as_work_failed
from ..job_files import JobFiles
from ..movies import Movies
from ..tiles.split_frames import SplitFrames
from ..tiles.tile_places import TilePlaces
from . import job_start, missing_frames, needs
from .frame_limits import FrameLimits
from .job_tasks import JobTasks
from .shortages import Shortages
from .validation import Validation

_log = logging.getLogger(__name__)


class Scheduler:
    """webhooks, movies: are notified of every job that is completed or has failed."""

    def __init__(
        self,
        settings: FarmSettings,
        store: Store,
        files: JobFiles,
        backend: Backend,
        webhooks: Webhooks,
        movies: Movies,
        tiles: TilePlaces,
    ) -> None:
        self._settings = settings
        self._store = store
        self._files = files
        self._backend = backend
        self._webhooks = webhooks
        self._movies = movies
        self._splits = SplitFrames(store, tiles, backend.capacity)
        self._queue = FrameQueue(store, parts=self._splits.parts)
        self._needs: dict[str, Needs] = {}
        """Of the jobs in the queue."""
        self._wake = asyncio.Event()
        self._limits = FrameLimits(settings, store)
        self.shortages = Shortages(store, settings.shortage_seconds)
        self._validation = Validation(store, files, backend, self.shortages)
        self._feeding: asyncio.Task[None] | None = None
        self._finalizing = set[str]()
        self._tasks = JobTasks(self._broken)

    async def start(self) -> None:
        """Resume the work of an earlier farm, and wait for more."""
        await self._backend.start(self._wake.set)
        await self._splits.find()
        for job in self._store.recover():
            _log.info("Job %s resumes at %s", job.id, job.status)
            if job.status == VALIDATING:
                self.validate(job.id)
            else:
                self._tasks.spawn(job.id, self._resume(job))
        self._feeding = asyncio.create_task(self._feed())

    async def stop(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
            await asyncio.gather(self._feeding, return_exceptions=True)
        await self._tasks.stop()
        await self._backend.stop()

    @property
    def is_busy(self) -> bool:
        return bool(self._queue.has_work or self._tasks)

    def validate(self, job_id: str) -> None:
        """Validate a job whose status says so."""
        self._tasks.spawn(job_id, self._validate(job_id))

    def render(self, job_id: str) -> None:
        """Render the frames of a job that are still missing."""
        self._read_needs(job_id)
        self._queue.put(job_id)
        self._wake.set()
        self._tasks.spawn(job_id, self._finish_if_done(job_id))

    def requeue(self, job_id: str) -> None:
        """Apply a change to a job's priority, its order, or whether it is paused."""
        if job_id in self._queue:
            self._read_needs(job_id)
            self._queue.put(job_id)
            self._wake.set()

    @property
    def times(self) -> FrameTimes:
        """How long frames took."""
        return self._queue.times

    @property
    def nodes(self) -> NodeDirectory | None:
        """The computers that render; None if this one does."""
        return self._backend.directory

    @property
    def capacity(self) -> int:
        """Frames that can be rendered at a time."""
        return self._backend.capacity()

    @property
    def under_way(self) -> list[UnderWay]:
        """What the workers do."""
        return self._queue.under_way

    async def cancel(self, job_id: str) -> None:
        """End all work for a job that has been marked as canceled; its processes are gone when this returns."""
        self._forget(job_id)
        await self._end_work(job_id)

    async def _resume(self, job: JobRecord) -> None:
        job_start.add_missing(self._store, job)
        self.render(job.id)

    async def _validate(self, job_id: str) -> None:
        failure = await self._validation.of_job(job_id)
        if failure is not None:
            await self._over(job_id, FAILED, failed_name=failure.name, failed_type=failure.type)

    # Rendering

    async def _feed(self) -> None:
        """Hand out frames while there is room for them."""
        while True:
            self._wake.clear()
            try:
                while (lease := self._queue.next(self._has_room, self._backend.ready_jobs())) is not None:
                    self._tasks.spawn(lease.job_id, self._render_frame(lease))
                    await asyncio.sleep(0)  # lets the frame's task run until it has taken its slot
            except sqlite3.OperationalError as error:  # the store cannot record a taken frame now
                await self.shortages.pause(as_work_failed(error))
            except Exception:  # whatever the error, other frames must be rendered
                _log.exception("Frames could not be handed out; the farm tries again")
                await asyncio.sleep(self._settings.shortage_seconds)
            else:
                await self._wake.wait()

    def _has_room(self, job_id: str) -> bool:
        wanted = self._needs[job_id]
        if self._backend.has_room(wanted):
            self._store.waits_for.pop(job_id, None)
            return True
        self._store.waits_for[job_id] = self._backend.waits_for(wanted)
        return False

    def _read_needs(self, job_id: str) -> None:
        self._needs[job_id] = needs.of_job(self._store, job_id)

    async def _render_frame(self, lease: Lease) -> None:
        job_id, frame = lease.job_id, lease.frame
        job, part = self._store.get(job_id), self._splits.part(lease)
        assert job.config is not None
        may_preview = self._splits.gives_frame(lease)
        package, wanted, seconds = self._files.package(job), self._needs[job_id], self._limits.seconds(job_id)
        task = FrameTask(job_id, frame, package, job.config, wanted, may_preview, part, seconds)

        def started(final: dict[str, Any]) -> None:
            if job.status == BOOTING:
                self._store.move(job_id, RENDERING, final=final)

        rendered = None
        try:
            try:
                rendered = await self._backend.render(task, started)
            finally:
                self._queue.ended(lease, rendered.seconds if rendered else None)
        except AttemptLost as error:
            _log.info("Job %s: frame %s is rendered again (%s)", job_id, frame, error)
            await self._give_back(lease)
        except FAILURES as error:
            failure = as_work_failed(error)
            if failure.is_shortage:
                await self.shortages.pause(failure)
                await self._give_back(lease)
            else:
                await self._frame_failed(lease, failure)
        else:
            self._limits.rendered(job_id, rendered.seconds)
            # The next frame is rendered while this one is stored.
            self._tasks.spawn(job_id, self._land(job, lease, rendered))

    async def _give_back(self, lease: Lease) -> None:
        if lease.part is None:
            await self.shortages.written(lambda: self._store.give_back(lease.job_id, lease.frame))
            self._queue.refill(lease.job_id)
        else:
            self._queue.give_back(lease)
        self._wake.set()

    async def _land(self, job: JobRecord, lease: Lease, rendered: Rendered) -> None:
        failure = await self.shortages.outlast(lambda: self._land_once(job, lease, rendered))
        if failure is not None:
            await self._frame_failed(lease, failure)
        else:
            await self._finish_if_done(job.id)

    async def _land_once(self, job: JobRecord, lease: Lease, rendered: Rendered) -> None:
        if not self._splits.gives_frame(lease):
            if (merge := await self._splits.keep(lease, rendered)) is not None:
                await self._give_back(merge)
            return
        outputs, preview = await self._files.land(job, lease.frame, rendered)
        done = self._splits.of_all(lease, rendered)
        self._store.finish_frame(job.id, lease.frame, done.seconds, outputs, done.node, done.device, preview)
        await self._splits.drop(job.id, lease.frame)
        await self._files.landed(rendered)

    async def _frame_failed(self, lease: Lease, error: WorkFailed) -> None:
        job_id, frame = lease.job_id, lease.frame
        # A frame that took too long is retried before others may take as long.
        is_next = lease.part is not None or error.type == TOO_SLOW
        if error.is_final:
            await self._over(job_id, FAILED, failed_name=error.name, failed_type=error.type)
            return
        attempts = self._limits.attempts(error)
        failing = functools.partial(self._store.fail_attempt, job_id, frame, error.name, attempts)
        if await self.shortages.written(lambda: failing(is_still_taken=is_next)):
            _log.warning("Job %s: frame %s is set aside", job_id, frame)
            self._queue.drop(job_id, frame)
        elif is_next:
            for each in self._splits.again(lease, error):
                self._queue.give_back(each)
        counts = self._store.counts(job_id)
        if counts.failed >= self._limits.failures(error) and not counts.completed:
            # Nothing has worked so far: retrying all other frames would only waste time.
            await self._frames_are_missing(job_id)
            return
        self._queue.refill(job_id)
        self._wake.set()
        await self._finish_if_done(job_id)

    async def _finish_if_done(self, job_id: str) -> None:
        if self._store.has_open_frames(job_id):
            return
        self._forget(job_id)
        if job_id in self._finalizing:
            return
        self._finalizing.add(job_id)
        try:
            await self.shortages.written(lambda: self._store.move(job_id, FINALIZING))
            await self._finalize(job_id)
        finally:
            self._finalizing.discard(job_id)

    async def _finalize(self, job_id: str) -> None:
        if self._store.counts(job_id).failed:
            await self._frames_are_missing(job_id)
            return
        changed: list[str] = []
        failure = await self.shortages.outlast(lambda: self._complete(job_id, changed))
        if failure is None and changed:
            _log.warning("Job %s: %s finished files are gone or changed, as %s", job_id, len(changed), changed[0])
            lose = functools.partial(self._store.outputs.lost, job_id, changed, missing_frames.LOST)
            await self.shortages.written(lambda: lose(self._settings.attempts))
            self.render(job_id)
        elif failure is None:
            await self._over(job_id, COMPLETED)
        else:
            await self._over(job_id, FAILED, failed_name=failure.name, failed_type=failure.type)

    async def _complete(self, job_id: str, changed: list[str]) -> None:
        changed[:] = await self._files.complete(self._store.get(job_id))

    async def _frames_are_missing(self, job_id: str) -> None:
        reason = missing_frames.reason(self._store.failed_frames(job_id), self._store.most_attempts(job_id), job_id)
        await self._over(job_id, FAILED, failed_name=reason, failed_type="frames_failed")

    # Both

    async def _over(self, job_id: str, status: str, **changes: str) -> None:
        self._forget(job_id)
        if status == FAILED:  # no work is left once a person or a program sees the failure and retries
            await self._end_work(job_id)
        event = self._webhooks.event_of(status)
        job = await self.shortages.written(lambda: self._store.move(job_id, status, event=event, **changes))
        if job is not None:
            _log.info("Job %s is %s %s", job_id, status, changes.get("failed_name", ""))
            self._webhooks.wake()
            self._movies.wake()
        if status != FAILED:
            await self._clear(job_id)

    async def _end_work(self, job_id: str) -> None:
        """End whatever else is done for a job; its processes and temporary files are gone when this returns."""
        await self._tasks.stop_others(job_id)
        self._queue.all_ended(job_id)
        await self._clear(job_id)

    async def _clear(self, job_id: str) -> None:
        await self._backend.release(job_id)
        await self._files.remove_work(job_id)

    def _forget(self, job_id: str) -> None:
        self._store.waits_for.pop(job_id, None)
        self._needs.pop(job_id, None)
        self._limits.forget(job_id)
        self._queue.remove(job_id)
        self._splits.forget(job_id)

    async def _broken(self, job_id: str) -> None:
        """A bug of the farm ends the job with a reason."""
        reason = "The farm had an internal error; see its log. Submit the file again."
        await self._over(job_id, FAILED, failed_name=reason, failed_type="farm_fault")
