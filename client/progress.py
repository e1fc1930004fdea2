"""Progress counters, which the API does not document: whatever can be read is used, and nothing is required.

All that is known: a list, empty when nothing runs. An entry may be of a job, a node or a frame, with or without job id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, Field

from .statuses import DOCUMENTED_STATUSES
from .tolerant import MAX_COUNT, Allowance, Answer, Count

_ENVELOPES = ("data", "progress", "jobs", "counters", "items", "nodes", "frames")
_PART_OF_A_JOB = frozenset(
    {"frame", "frameNumber", "frameIndex", "node", "nodeId", "nodeName", "worker", "workerId", "machine", "gpu"}
    | {"task", "taskId", "chunk", "chunkId"}
)
_FRAME_IS_DONE = frozenset({"completed", "complete", "done", "finished", "rendered", "success", "succeeded"})
_MAX_DEPTH = 4
MAX_ENTRIES = 100_000
"""A service may list each frame of a long job."""
_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e]{1,100}"')


def _names(*names: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(*names))


class Progress(Answer):
    """Counters of one running job, or of a part of it; each may be missing."""

    job_id: str | None = _names("jobId", "job_id")
    status: str | None = None
    frames_total: Count | None = _names("framesTotal", "totalFrames", "frames_total", "total")
    frames_completed: Count | None = _names(
        *("framesCompleted", "completedFrames", "framesRendered", "renderedFrames", "framesDone"),
        *("frames_completed", "completed", "rendered", "done"),
    )
    frames_rendering: Count | None = _names("framesRendering", "frames_rendering", "rendering")
    frames_failed: Count | None = _names("framesFailed", "failedFrames", "frames_failed", "failed")
    updated_at: datetime | None = None

    @property
    def is_part(self) -> bool:
        """Whether it describes one frame or one node, whose status is not the job's."""
        return bool(_PART_OF_A_JOB & (self.model_extra or {}).keys())

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it could be read."""
        return not self.is_counter and self.job_id is None and self.status is None

    @property
    def is_counter(self) -> bool:
        """Whether it has a count or a time."""
        counts = (self.frames_total, self.frames_completed, self.frames_rendering, self.frames_failed)
        return any(count is not None for count in counts) or self.updated_at is not None


@dataclass(frozen=True, slots=True)
class Counters:
    """One answer. tag: its ETag, "" for none. can_wait: the next call may ask the service to wait for a change."""

    entries: tuple[Progress, ...] = ()
    tag: str = ""
    can_wait: bool = False


def tag_of(headers: Mapping[str, str]) -> str:
    """The ETag of an answer, "" if there is none that can be sent back."""
    tag = headers.get("ETag", "")
    return tag if _TAG.fullmatch(tag) else ""


def has_waited(headers: Mapping[str, str]) -> bool:
    """Whether the service honored the request to wait for a change (RFC 7240)."""
    return headers.get("Preference-Applied", "").strip().lower() == "wait"


def read_progress(answer: Any) -> list[Progress]:
    """The readable entries of an answer of any shape. Raises Oversized if there are more than MAX_ENTRIES."""
    allowance, found = Allowance(MAX_ENTRIES), list[Progress]()
    for entry in _entries(answer, None, _MAX_DEPTH):
        allowance.take(1)
        if not entry.is_empty:
            found.append(entry)
    return found


def of_job(entries: Sequence[Progress], job_id: str, *, asked_alone: bool) -> Progress | None:
    """What the entries say about one job, combined.

    A status counts only if exactly one entry is about the whole job, names its id and has a documented status.

    Args:
        entries: from the service's answer.
        job_id: the job.
        asked_alone: the request was for this job only, so entries without a job id are about it too.

    Returns:
        One entry, or None if no entry is about the job.
    """
    own = [one for one in entries if one.job_id == job_id or (asked_alone and one.job_id is None)]
    if not own:
        return None
    whole = [one for one in own if not one.is_part]
    status = whole[0].status if len(whole) == 1 and whole[0].job_id == job_id else None
    done = _sum(own, "frames_completed")
    if done is None and len(whole) < len(own):
        done = sum(one.status in _FRAME_IS_DONE for one in own if one.is_part)
    return Progress.model_construct(
        job_id=job_id,
        status=status if status in DOCUMENTED_STATUSES else None,
        frames_total=_sum(whole, "frames_total") if len(whole) == 1 else None,
        frames_completed=done,
        frames_rendering=_sum(own, "frames_rendering"),
        frames_failed=_sum(own, "frames_failed"),
    )


def _entries(answer: Any, job_id: str | None, depth: int) -> Iterator[Progress]:
    if not depth:
        return
    if isinstance(answer, list):
        for each in answer:
            yield from _entries(each, job_id, depth - 1)
    elif isinstance(answer, dict):
        yield from _of_object(answer, job_id, depth)


def _of_object(answer: dict[str, Any], job_id: str | None, depth: int) -> Iterator[Progress]:
    """An object is an entry, or holds entries under an envelope's name or a job id."""
    entry = Progress.read({"jobId": job_id, **answer} if job_id else answer)
    inner = [answer[name] for name in _ENVELOPES if isinstance(answer.get(name), list | dict)]
    if entry.is_counter or not inner:
        yield entry
    for each in inner if not entry.is_counter else ():
        yield from _entries(each, entry.job_id, depth - 1)
    if not inner and entry.is_empty:
        for name, each in answer.items():
            if isinstance(each, dict):
                yield from _entries(each, name, depth - 1)


def _sum(entries: Sequence[Progress], name: str) -> int | None:
    counts = [count for one in entries if (count := getattr(one, name)) is not None]
    return min(sum(counts), MAX_COUNT) if counts else None
