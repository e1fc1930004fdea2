"""Everything about the jobs that panels draw, as one immutable value. Does not use bpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ...jobs.folder.job_folder import JobFile
from ...jobs.folder.service_report import NOTHING, ServiceReport
from ...jobs.journal.submission import FrameRecord, Stage, State, Submission
from .job_row import Row
from .renders import GOING


@dataclass(frozen=True, slots=True)
class PackingRow:
    """A package in the making, which the journal does not hold yet."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Details:
    """What is shown only for the selected render.

    job: the job.json of its first submission, or None if that is gone.
    history: Unix seconds, stage, state and text of every transition, oldest first.
    missing: numbers of requested frames that have not been downloaded, once the render is over.
    report: what the service has reported about the submission whose state is the render's.
    seconds: from submitting to the end, for all of its submissions; 0 while one of them is unfinished.
    """

    submission_id: str = ""
    job: JobFile | None = None
    history: tuple[tuple[float, Stage, State, str], ...] = ()
    suspect: tuple[FrameRecord, ...] = ()
    missing: tuple[int, ...] = ()
    seconds: float = 0.0
    report: ServiceReport = NOTHING


@dataclass(frozen=True, slots=True)
class Snapshot:
    """rows: one for each render, newest first. going: those that run without the user.

    waiting: those that need the user. by_id: the render of every submission.
    compared: submissions that render a single frame for a comparison, which are in no list.
    problem: a sentence that is shown until the next attempt, or "".
    """

    rows: tuple[Row, ...] = ()
    going: tuple[Row, ...] = ()
    waiting: tuple[Row, ...] = ()
    by_id: Mapping[str, Row] = field(default_factory=lambda: MappingProxyType({}))
    compared: Mapping[str, Submission] = field(default_factory=lambda: MappingProxyType({}))
    packing: tuple[PackingRow, ...] = ()
    details: Details = Details()
    problem: str = ""
    generation: int = 0

    def at_work(self) -> Iterator[Submission]:
        """Submissions that run without the user, including comparisons."""
        parts = (one for row in self.going for one in row.parts)
        return (one for one in (*parts, *self.compared.values()) if one.state in GOING)
