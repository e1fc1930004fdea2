"""All that panels draw of the jobs, as one immutable value. Knows no bpy."""

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
    """What only the selected render shows.

    job: the job.json of its first submission, or None when that is gone.
    history: Unix seconds, stage, state and text of every transition, oldest first.
    missing: numbers of frames that were asked for and have not been downloaded, once the render is over.
    report: what the service has told about the submission whose state is that of the render.
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
    """rows: one for each render, newest first. going: those that make progress without the user.

    waiting: those that need the user. by_id: the render of every submission.
    compared: submissions that render a single frame for a comparison; no list shows them.
    problem: a sentence that stays until the next attempt, or "".
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
        """Submissions that make progress without the user, comparisons among them."""
        parts = (one for row in self.going for one in row.parts)
        return (one for one in (*parts, *self.compared.values()) if one.state in GOING)
