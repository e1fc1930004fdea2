"""A service's own jobs for a job list, submitted here or elsewhere: newest first, and the progress of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, TypeVar

from . import frame_ranges
from .answers import decoded_member
from .errors import FarmhandError, NotAllowedNow, Refused
from .models import Job, JobPage
from .plain_text import tidy
from .progress import of_job
from .retry import Backoff, with_retries
from .service import Service

SHOWN_LETTERS = 80
PAGES_AT_MOST = 40
LOOK_SECONDS = 2.0
PATIENCE_SECONDS = 120.0
"""How long a service may be unreachable while one of its jobs is followed."""
TRIES = 3
PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
_MOST_OVERLAPPING = 1000
"""Frames that are listed to find how many overlapping ranges name; a list may have thousands of jobs."""
_WRAPPER = "requestedRenderConfig"
T = TypeVar("T")


def newest_first(service: Service, status: str, page: int, count: int) -> dict[str, Any]:
    """Jobs of a service, starting at a page, newest first.

    Args:
        service: whose jobs.
        status: one that the service uses, or "" for every job.
        page: counts from 1; the newest jobs are on the first.
        count: how many jobs are wanted; whole pages are read.

    Returns:
        The jobs of all pages read; `next` is the page that follows, or 0; `total` counts all jobs.

    Raises:
        FarmhandError: the service could not be asked.
    """
    first = _page(service, 1, status)
    pages, is_reversed = first.pagination.total_pages, _is_oldest_first(first)
    found: dict[str, Job] = {}
    for _ in range(PAGES_AT_MOST):
        number = pages - page + 1 if is_reversed else page
        read = first if number == 1 else _page(service, number, status)
        found |= {job.id: job for job in read.jobs if status in ("", job.status)}  # it may ignore the filter
        page = page + 1 if page < pages and read.jobs else 0
        if not page or len(found) >= count:
            break
    jobs = sorted(found.values(), key=_created, reverse=True)
    return {"jobs": [described(job) for job in jobs], "next": page, "total": max(first.pagination.total, len(jobs))}


def canceled(service: Service, job_id: str) -> dict[str, Any]:
    """Cancel a job. Raises NotAllowedNow when it was over before."""
    try:
        job = patiently(lambda: service.cancel(job_id))
    except NotAllowedNow:
        job = patiently(lambda: service.job(job_id))
        if job.status != "canceled":  # the request may have arrived although its answer was lost
            raise
    return described(job)


def followed(service: Service, job_id: str) -> Iterator[dict[str, Any]]:
    """A job now and after each change, until it is over: as in `described`, with the number of rendered frames."""
    shown, silent_since = None, time.monotonic()
    while True:
        pause = LOOK_SECONDS
        try:
            job = service.job(job_id)
            now = described(job) | _counted(service, job)
            silent_since = time.monotonic()
        except FarmhandError as error:
            if not error.is_transient or time.monotonic() - silent_since > PATIENCE_SECONDS:
                raise
            pause = max(pause, error.retry_after or 0.0)
        else:
            if now != shown:
                shown = now
                yield now
            if job.is_over:
                return
        time.sleep(pause)


def described(job: Job) -> dict[str, Any]:
    """What a list shows of a job. created: Unix seconds. name: of its file, or "". frames: "1-250", or ""."""
    frames = _frames(job.final_config) or _frames(job.requested_config)
    first = islice(map(frame_ranges.name_of, frames), SHOWN_LETTERS)
    return {
        "id": job.id,
        "status": tidy(job.status, SHOWN_LETTERS),
        "created": _created(job),
        "name": _name(job.scene_file),
        "frames": tidy(", ".join(first), SHOWN_LETTERS),
        "frame_count": sum(map(len, frames)),
        "is_deleted": job.is_deleted,
    }


def patiently(call: Callable[[], T]) -> T:
    """Retry after transient errors, but not for long, because a user is waiting. Raises FarmhandError."""
    return with_retries(
        call, tries=TRIES, backoff=Backoff(PAUSE_SECONDS, PAUSE_SECONDS), longest_told=LONGEST_PAUSE_SECONDS
    )


def _page(service: Service, number: int, status: str) -> JobPage:
    return patiently(lambda: service.list_jobs(number, status=status or None))


def _created(job: Job) -> float:
    with suppress(OverflowError, OSError, ValueError):  # the service may send any year
        return job.created_at.timestamp()
    return 0.0


def _is_oldest_first(page: JobPage) -> bool:
    """The API does not document the order in which a service lists its jobs."""
    return len(page.jobs) > 1 and _created(page.jobs[0]) < _created(page.jobs[-1])


def _counted(service: Service, job: Job) -> dict[str, Any]:
    """Counters are undocumented, so a service may lack them."""
    found = None
    if not job.is_over:
        with suppress(Refused):
            found = of_job(service.progress(job.id), job.id, asked_alone=True)
    return {"rendered": found and found.frames_completed, "total": found and found.frames_total}


def _name(scene_file: Any) -> str:
    """The file's name without folder and extension, from a member whose shape is undocumented."""
    if isinstance(scene_file, Mapping):
        names = (scene_file.get(key) for key in ("fileName", "name", "path"))
        scene_file = next((name for name in names if isinstance(name, str) and name), "")
    if not isinstance(scene_file, str):
        return ""
    return tidy(PurePosixPath(scene_file.replace("\\", "/")).stem, SHOWN_LETTERS)


def _frames(config: Any) -> tuple[range, ...]:
    """The frames of a config as runs, where they can be read."""
    config = decoded_member(config)
    if isinstance(config, Mapping) and isinstance(config.get(_WRAPPER), Mapping):
        config = config[_WRAPPER]
    ranges = config.get("frameRanges") if isinstance(config, Mapping) else None
    if isinstance(ranges, str):
        ranges = [ranges]
    try:
        return frame_ranges.runs(map(str, ranges or ()), _MOST_OVERLAPPING)
    except (ValueError, TypeError):
        return ()
