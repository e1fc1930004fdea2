"""The farm's own calls, beside the contract's: the queue of a workspace, and of all workspaces for admins."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field, StrictBool, StrictInt

from ...client.models import Model
from ..errors import ApiError
from ..parts import FarmParts
from ..render.scheduling.job_actions import JobActions
from ..state import job_status
from ..state.keys import Caller
from ..state.overview import JobSummary, Overview
from ..state.queue.frame_queue import PRIORITIES
from ..state.records import iso
from .answers import described, not_found
from .auth import FARM_API, caller_of

_MOST_JOBS = 200
_Count = Annotated[int, Field(ge=0)]
_Priority = Annotated[StrictInt, Field(ge=PRIORITIES[0], le=PRIORITIES[-1])]


class QueuedJob(Model):
    """A job as the queue sees it.

    ends_first: its first, middle and last frame are rendered before the others. same_device: where several computers
    render, its frames are rendered on one kind of device.
    """

    id: str
    workspace: str
    file_name: str
    status: str
    priority: int
    is_paused: bool
    ends_first: bool
    same_device: bool
    created_at: datetime
    updated_at: datetime
    render_seconds: float
    output_bytes: _Count
    failed: str
    frames_total: _Count
    frames_completed: _Count
    frames_rendering: _Count
    frames_failed: _Count


class JobQueue(Model):
    """Newest first."""

    jobs: list[QueuedJob]


class QueueChange(Model):
    """A change to a job's place in the queue; fields that are left out stay as they are."""

    priority: _Priority | None = None
    is_paused: StrictBool | None = None
    ends_first: StrictBool | None = None
    same_device: StrictBool | None = None


class WorkerState(Model):
    """A frame that is being rendered. job_id: None for a job of another workspace, about which nothing else is told."""

    job_id: str | None
    frame: int | None
    seconds: float


class WorkerList(Model):
    """workers: how many frames can be rendered at a time. busy: how many are."""

    workers: _Count
    busy: list[WorkerState]


class WorkspaceUsage(Model):
    """What the caller's workspace uses, and its quotas; None for no limit. bytes: of uploads and frames."""

    name: str
    weight: float
    jobs: _Count
    max_jobs: _Count | None
    bytes: _Count
    max_bytes: _Count | None
    frames: _Count
    max_frames: _Count | None


class DiskState(Model):
    """Bytes; see state.disk. is_low: uploads pause until there is room again.

    objects: the bucket that uploads and frames are in, "" for none: they are on the disk.
    """

    total: _Count
    free: _Count
    uploads: _Count
    frames: _Count
    reserve: _Count
    is_low: bool
    objects: str = ""


def routes(farm: FarmParts) -> APIRouter:
    """The routes: in the API's OpenAPI document, outside the contract's paths."""
    store, scheduler, workspaces, disk = farm.store, farm.scheduler, farm.workspaces, farm.disk
    router = APIRouter()
    overview = Overview(store)
    _add_job_routes(router, overview, JobActions(store, scheduler))

    @router.get(**described("/workers", WorkerList, FARM_API))
    async def workers(request: Request) -> WorkerList:
        own = _seen_workspace(caller_of(request))
        busy = []
        for each in scheduler.under_way:
            job, seconds = store.job(each.job_id), round(time.monotonic() - each.since, 3)
            is_seen = job is not None and own in (None, job.workspace_id)
            place = (each.job_id, each.frame) if is_seen else (None, None)
            busy.append(WorkerState(job_id=place[0], frame=place[1], seconds=seconds))
        return WorkerList(workers=scheduler.capacity, busy=busy)

    @router.get(**described("/workspace", WorkspaceUsage, FARM_API))
    async def workspace(request: Request) -> WorkspaceUsage:
        own = workspaces.get(caller_of(request).workspace_id)
        used, quotas = workspaces.usage(own.id), own.quotas
        return WorkspaceUsage(
            name=own.name,
            weight=own.weight,
            jobs=used.jobs,
            max_jobs=quotas.max_jobs,
            bytes=used.bytes,
            max_bytes=quotas.max_bytes,
            frames=used.frames,
            max_frames=quotas.max_frames,
        )

    @router.get(**described("/disk", DiskState, FARM_API))
    async def disk_state(request: Request) -> DiskState:
        if not caller_of(request).is_admin:
            raise ApiError(403, "wrong_role", "Only admins see how full the farm's disk is.")
        usage = disk.usage()
        return DiskState(**asdict(usage), is_low=usage.is_low)

    return router


def _add_job_routes(router: APIRouter, overview: Overview, actions: JobActions) -> None:
    def known(job_id: str, request: Request) -> JobSummary:
        line = overview.job(job_id)
        if line is None or _seen_workspace(caller_of(request)) not in (None, line.workspace_id):
            raise not_found()
        return line

    @router.get(**described("/jobs", JobQueue, FARM_API))
    async def queue(request: Request, limit: Annotated[int, Query(ge=1, le=_MOST_JOBS)] = 50) -> JobQueue:
        lines = overview.jobs(_seen_workspace(caller_of(request)), job_status.UNFINISHED, limit)
        return JobQueue(jobs=[_described(line) for line in lines])

    @router.get(**described("/jobs/{job_id}", QueuedJob, FARM_API))
    async def queued_job(job_id: str, request: Request) -> QueuedJob:
        return _described(known(job_id, request))

    @router.patch(**described("/jobs/{job_id}", QueuedJob, FARM_API))
    async def change(job_id: str, body: QueueChange, request: Request) -> QueuedJob:
        known(job_id, request)
        actions.change(job_id, **body.model_dump(include=set(QueueChange.model_fields), exclude_none=True))
        return _described(known(job_id, request))

    @router.post(**described("/jobs/{job_id}/retry", QueuedJob, FARM_API))
    async def retry(job_id: str, request: Request) -> QueuedJob:
        known(job_id, request)
        actions.retry(job_id)
        return _described(known(job_id, request))

    @router.post(**described("/jobs/{job_id}/cancel", QueuedJob, FARM_API))
    async def cancel(job_id: str, request: Request) -> QueuedJob:
        known(job_id, request)
        await actions.cancel(job_id)
        return _described(known(job_id, request))


def _seen_workspace(caller: Caller) -> str | None:
    """The only workspace whose queue a caller sees; None for all of them."""
    return None if caller.is_admin else caller.workspace_id


def _described(line: JobSummary) -> QueuedJob:
    times = {"created_at": iso(line.created), "updated_at": iso(line.updated)}
    known = {**asdict(line), **times}
    return QueuedJob.model_validate({name: known[name] for name in QueuedJob.model_fields})
