"""Merges the submissions of a render: test frames, remaining frames and frames rendered again. Does not use bpy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...client import frame_ranges
from ...client.errors import FarmhandError
from ...jobs.folder import job_folder
from ...jobs.folder.job_folder import JobFile, Output
from ...jobs.journal.submission import Stage, State, Submission
from ...jobs.user_folder import UserFolder
from .frame_times import frame_work

GOING = frozenset({State.QUEUED, State.ACTIVE})
COMPARE = "compare"
"""`JobFile.purpose` of a submission that renders one frame for a comparison."""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The facts in a submission's job folder, read once.

    part_of: id of the render's first submission, or "". frames: the numbers asked for.
    rest: the numbers that test frames left out. has_package: whether its file was sent from here.
    work: of a frame, as in `frame_times`.
    """

    part_of: str = ""
    purpose: str = ""
    frames: frozenset[int] = frozenset()
    rest: tuple[int, ...] = ()
    has_package: bool = True
    work: float = 0.0

    @classmethod
    def of_job(cls, job: JobFile) -> JobFacts:
        work = frame_work({**job.expected, **job.render_config})
        return cls(job.part_of, job.purpose, frozenset(job.frames), tuple(job.rest), bool(job.package.name), work)


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """The counts of a render's frames, over all its submissions."""

    total: int
    done: int
    suspect: int


def read_job(home: UserFolder, submission_id: str) -> JobFile | None:
    """The job.json of a submission, or None if it is gone or damaged."""
    try:
        return job_folder.read(home.job(submission_id))
    except FarmhandError:
        return None


def completed(
    known: Iterable[Sequence[Submission]], home: UserFolder, name: str, output: Output, skipped: frozenset[int]
) -> str:
    """ID of the latest finished render with this name that has some of the skipped frames, or "".

    Args:
        known: the submissions of each render, oldest first; the latest render first.
        name: of the job.
        output: the folder of the other frames.
        skipped: numbers of the frames that are not submitted.
    """
    for parts in known:
        one = parts[0]
        if one.name != name or one.output_folder != output.folder or not all(part.is_over for part in parts):
            continue
        jobs = [job for part in parts if (job := read_job(home, part.id))]
        if any(job.output.patterns == output.patterns and not skipped.isdisjoint(job.frames) for job in jobs):
            return one.id
    return ""


def count_frames(
    parts: Sequence[Submission], facts: Mapping[str, JobFacts], looks_wrong: Mapping[str, Mapping[int, bool]]
) -> FrameCounts:
    """Count the frames of a render that has several submissions.

    Args:
        parts: its submissions, oldest first.
        facts: from their job folders, by submission ID.
        looks_wrong: the frames that each has downloaded, and whether they look wrong, by submission ID.
    """
    wanted = frozenset[int]().union(*(facts[one.id].frames for one in parts))
    brought = dict[int, bool]()
    for one in parts:
        brought |= looks_wrong[one.id]
    if not wanted or not brought:  # a movie, the service's own file names, or nothing yet
        total = len(wanted) or parts[0].frames_total
        return FrameCounts(total, min(total, sum(one.frames_done for one in parts)), parts[-1].frames_suspect)
    here = wanted & brought.keys()
    return FrameCounts(len(wanted), len(here), sum(brought[number] for number in here))


def merge(parts: Sequence[Submission], counts: FrameCounts) -> Submission:
    """The render as one record, with the id and name of its first submission. parts: oldest first."""
    current = current_part(parts)
    over = all(one.is_over for one in parts)
    is_whole = over and bool(counts.total) and counts.done >= counts.total
    newest = max(parts, key=lambda one: (bool(one.latest_frame), one.updated))
    rendered = sum(max(one.frames_rendered, one.frames_done) for one in parts)
    return current.with_(
        id=parts[0].id,
        name=parts[0].name,
        created=parts[0].created,
        state=State.DONE if is_whole else current.state,
        stage=Stage.FINISHED if is_whole else current.stage,
        problem=None if is_whole else current.problem,
        updated=max(one.updated for one in parts),
        frames_total=counts.total,
        frames_done=counts.done,
        frames_rendered=min(counts.total, max(rendered, counts.done)),
        frames_suspect=counts.suspect,
        latest_frame=newest.latest_frame,
    )


def current_part(parts: Sequence[Submission]) -> Submission:
    """The submission whose state is the render's: a running one, else one that needs the user, else the newest."""
    going = [one for one in parts if one.state in GOING]
    open_ones = [one for one in parts if not one.is_over]
    return (going or open_ones or parts)[-1]


def shown_ranges(frames: Iterable[int], most: int = 2) -> str:
    """Frame numbers for a narrow column: 1–12, 20 …"""
    found = [re.sub(r"(?<=\d)-", "–", one) for one in frame_ranges.ranges(frames)]
    return ", ".join(found[:most]) + (" …" if len(found) > most else "")
