"""What the web page shows, read from the farm's state: plain data for the templates."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from ...client.models import Downloads
from ..responses import SHOWN_BY_BROWSERS, Views
from ..state.files.disk import DiskUsage
from ..state.job_status import FAILED, LABELS, OVER, RUNNING
from ..state.queue.frame_queue import PRIORITIES, UnderWay
from ..state.records import Counts, JobRecord
from ..state.store import Store

FRAMES_SHOWN = 12
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LONGEST = 10_000 * _DAY
"""In a record of an older farm, a worker may have claimed an endless time."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice above the list. status: "" for all jobs."""

    status: str
    label: str


FILTERS = (Filter("", "All"), *(Filter(each, LABELS[each]) for each in ("rendering", *OVER, "validated")))


PRIORITY_CHOICES = tuple(
    (each, {PRIORITIES[-1]: "Highest", 0: "Normal", PRIORITIES[0]: "Lowest"}.get(each, f"{each:+d}"))
    for each in reversed(PRIORITIES)
)
"""Values and their words, highest first."""


@dataclass(frozen=True, slots=True)
class RenderingFrame:
    """A frame that is being rendered now."""

    job_id: str
    job_name: str
    frame: int
    seconds: str


@dataclass(frozen=True, slots=True)
class DiskLine:
    """The disk that holds the farm's data. used: by uploads and frames. is_low: uploads pause.

    objects: the bucket that uploads and frames are in, "" for none: they are on this disk.
    """

    used: str
    free: str
    total: str
    free_bytes: int
    total_bytes: int
    is_low: bool
    objects: str


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job in the list.

    workspace: its name if jobs of several are shown, or "". preview: link to a small picture, or "".
    left: the remaining time, in words.
    """

    id: str
    name: str
    workspace: str
    status: str
    label: str
    done: int
    total: int
    failed: int
    age: str
    left: str
    preview: str
    can_cancel: bool
    can_retry: bool
    is_paused: bool
    priority: int


@dataclass(frozen=True, slots=True)
class File:
    """A file of a job. url: a signed link."""

    name: str
    url: str


def job_line(job: JobRecord, views: Views, counts: Counts, workspace: str = "", now: float | None = None) -> JobLine:
    """A job as the list shows it.

    Args:
        views: the API's words for it.
        counts: its frames by state.
        workspace: its name; "" if there is only one.
        now: Unix seconds; None for the clock's.
    """
    described = views.job(job)
    is_paused = job.is_paused and job.status not in OVER
    moment = time.time() if now is None else now
    return JobLine(
        id=job.id,
        name=str((described.scene_file or {}).get("fileName", "")).removesuffix(".zip"),  # packages end in .blend.zip
        workspace=workspace,
        status="paused" if is_paused else job.status,
        label="Paused" if is_paused else LABELS[job.status],
        done=counts.completed,
        total=counts.total,
        failed=counts.failed,
        age=ago(moment - job.created),
        left=_left(job, counts),
        preview=described.preview_url or "",
        can_cancel=job.status not in OVER,
        can_retry=job.status == FAILED and job.config is not None and not job.is_deleted,
        is_paused=is_paused,
        priority=job.priority,
    )


def pictures(downloads: Downloads) -> list[File]:
    """The latest frames of a job that a browser can show, newest first."""
    shown = [
        one
        for one in downloads.frame_outputs or []
        if PurePath(one.relative_path or "").suffix.lower() in SHOWN_BY_BROWSERS
    ]
    return [File(one.file_name or "", one.url) for one in reversed(shown[-FRAMES_SHOWN:])]


def files(downloads: Downloads) -> list[File]:
    """Every file of a job, by frame."""
    return [File(one.relative_path or "", one.url) for one in downloads.all_outputs()]


def details(job: JobRecord, views: Views) -> list[tuple[str, str]]:
    """Facts about the file and its render settings, as names and values."""
    upload = views.job(job).scene_file or {}
    analysis, final = job.analysis or {}, job.final or {}
    match analysis.get("resolution"):  # a hostile scene may have written the analysis
        case [int(width), int(height)]:
            resolution = f"{width} × {height}"
        case _:
            resolution = ""
    notices = final.get("notices")
    seconds = job.render_seconds
    known = (
        ("File", f"{upload['fileName']}, {size(upload['bytes'])}" if upload.get("bytes") else upload.get("fileName")),
        ("Scene", analysis.get("scene") or analysis.get("activeScene")),
        ("Render engine", analysis.get("engine")),
        ("Resolution", resolution),
        ("Render time so far", duration(seconds) if seconds else None),
        ("Notes", " ".join(map(str, notices)) if isinstance(notices, list) else None),
        ("Job ID", job.id),
    )
    return [(name, str(value)) for name, value in known if value]


def rendering(store: Store, under_way: Iterable[UnderWay], workspace_id: str | None) -> list[RenderingFrame]:
    """The frames that are being rendered.

    Args:
        store: names the jobs.
        under_way: what the workers do.
        workspace_id: whose frames; None for all.
    """
    found = []
    for each in under_way:
        job = store.job(each.job_id)
        if job is None or workspace_id not in (None, job.workspace_id):
            continue
        upload = store.upload(job.slug)
        name = upload.file_name if upload else job.id
        found.append(RenderingFrame(job.id, name, each.frame, f"{time.monotonic() - each.since:.0f} s"))
    return found


def disk(usage: DiskUsage) -> DiskLine:
    """The disk in words."""
    used = size(usage.uploads + usage.frames)
    return DiskLine(used, size(usage.free), size(usage.total), usage.free, usage.total, usage.is_low, usage.objects)


def ago(seconds: float) -> str:
    """The time since then, in words."""
    return "just now" if seconds < _MINUTE else f"{duration(seconds)} ago"


def duration(seconds: float) -> str:
    """A span of time in its largest unit, rounded down; minutes are the smallest."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            count = int(min(seconds, _LONGEST) // unit)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def size(amount: float) -> str:
    """Bytes in binary units, as file managers of Linux write them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit in ("B", "KiB") else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def _left(job: JobRecord, counts: Counts) -> str:
    """An estimate from the frames so far, once there are three."""
    if job.status not in RUNNING or counts.completed < 3:
        return ""
    each = job.render_seconds / counts.completed
    at_once = max(1, counts.rendering)
    return duration(each * (counts.total - counts.completed - counts.failed) / at_once)
