"""For programs that watch the farm: /health for everyone, /metrics in the text format of Prometheus for keys that may.

Written by hand: the format is a few lines, and a library for it would travel in every zip.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse

from ..parts import FarmParts
from ..render.scheduling.scheduler import Scheduler
from ..state.database import Database, marks
from ..state.files.disk import Disk
from ..state.job_status import RUNNING, STATUSES
from ..state.store import Store
from .auth import HEALTH, METRICS

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FRAME_STATES = ("pending", "rendering", "completed", "failed")
Labels = Mapping[str, str]


def routes(farm: FarmParts) -> APIRouter:
    """Both routes; they are not in the API's OpenAPI document."""
    store, scheduler, disk, one_at_a_time = farm.store, farm.scheduler, farm.disk, asyncio.Lock()
    router = APIRouter(include_in_schema=False)

    @router.get(HEALTH)
    async def health() -> JSONResponse:
        """Whether the farm can answer; this tells strangers nothing else."""
        try:
            store.database.number("SELECT 1 FROM meta")
        except sqlite3.Error:
            return JSONResponse({"status": "state cannot be read"}, 503)
        return JSONResponse({"status": "ok"})

    @router.get(METRICS)
    async def metrics() -> PlainTextResponse:
        async with one_at_a_time:
            queue = await queue_lines(store)
        lines = [
            *queue,
            *_worker_lines(scheduler),
            *_time_lines(scheduler),
            *_disk_lines(disk),
        ]
        return PlainTextResponse("\n".join(lines) + "\n", media_type=_CONTENT_TYPE)

    return router


async def queue_lines(store: Store) -> list[str]:
    """Metrics of jobs and frames. Counting millions of frames takes a second, while other calls are answered."""
    jobs, frames = _jobs(store.database), await asyncio.to_thread(_frames, store.database)
    return [
        *_metric("farmhand_jobs", "Jobs by status.", [({"status": each}, jobs.get(each, 0)) for each in STATUSES]),
        *_metric(
            "farmhand_frames",
            "Frames of running jobs by state.",
            [({"state": each}, frames.get(each, 0)) for each in _FRAME_STATES],
        ),
        *_metric("farmhand_queue_length", "Frames that wait for a worker.", [({}, frames.get("pending", 0))]),
        *_metric(
            "farmhand_rendering_paused",
            "1 while the farm lacks something (disk, memory, descriptors) and renders nothing.",
            [({}, int(bool(store.pause_reason)))],
        ),
    ]


def _worker_lines(scheduler: Scheduler) -> list[str]:
    busy = len(scheduler.under_way)
    values = [({"state": "busy"}, busy), ({"state": "idle"}, max(0, scheduler.capacity - busy))]
    return _metric("farmhand_workers", "Workers by state.", values)


def _time_lines(scheduler: Scheduler) -> list[str]:
    times = scheduler.times
    name = "farmhand_frame_seconds"
    limits = [(f"{limit:g}", count) for limit, count in times.up_to()]
    return [
        f"# HELP {name} Seconds that the render of a frame took.",
        f"# TYPE {name} histogram",
        *(f'{name}_bucket{{le="{limit}"}} {count}' for limit, count in [*limits, ("+Inf", times.count)]),
        f"{name}_sum {times.total:.6f}",
        f"{name}_count {times.count}",
        *_metric(
            "farmhand_attempts_without_frame_total",
            "Attempts at a frame that failed or were canceled.",
            [({}, times.without_frame)],
            kind="counter",
        ),
    ]


def _disk_lines(disk: Disk) -> list[str]:
    usage = disk.usage()
    return [
        *_metric(
            "farmhand_kept_bytes",
            "Bytes that the farm keeps.",
            [({"kind": "uploads"}, usage.uploads), ({"kind": "frames"}, usage.frames)],
        ),
        *_metric("farmhand_disk_free_bytes", "Free bytes on the farm's disk.", [({}, usage.free)]),
        *_metric("farmhand_disk_bytes", "Bytes of the farm's disk.", [({}, usage.total)]),
        *_metric("farmhand_uploads_paused", "1 while the disk is too full for uploads.", [({}, int(usage.is_low))]),
    ]


def _metric(name: str, text: str, values: Iterable[tuple[Labels, float]], kind: str = "gauge") -> list[str]:
    """labels: only constants of this module, so that nothing needs escaping."""
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for labels, value in values:
        told = ",".join(f'{label}="{word}"' for label, word in labels.items())
        lines.append(f"{name}{{{told}}} {value}" if told else f"{name} {value}")
    return lines


def _jobs(database: Database) -> dict[str, int]:
    return {row[0]: row[1] for row in database.execute("SELECT status, sum(jobs) FROM job_counts GROUP BY status")}


def _frames(database: Database) -> dict[str, int]:
    rows = database.rows_apart(
        f"SELECT state, count(*) FROM frames JOIN jobs ON jobs.id = job_id WHERE status IN ({marks(RUNNING)}) "
        "GROUP BY state",
        RUNNING,
    )
    return {row[0]: row[1] for row in rows}
