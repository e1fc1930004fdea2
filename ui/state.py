# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels show: an immutable picture of the journal, fetched by a timer.  Knows no bpy and no network.

`start` makes the one holder and `stop` drops it; everything that draws reads `current().snapshot` and nothing else.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from ..client.errors import FarmhandError, LocalProblem
from ..jobs import job_folder
from ..jobs.job_folder import JobFile
from ..jobs.journal import Journal
from ..jobs.journal_file import JournalLost
from ..jobs.submission import IN_PLACE, FrameRecord, Stage, State, Submission
from ..jobs.user_folder import UserFolder
from .check_result import Check
from .job_row import Row, row_of
from .progress import Estimator

PAGE = 40
"""Submissions that one turn of the timer takes in: few enough that Blender never stutters."""
OVERLAP_SECONDS = 2.0
"""Another process may write a little later than the time stamp says."""
PLACE_SECONDS = 2.0
"""How often to look whether the journal is still the one that lies there."""
MOST_ODD = 20
BUSY_SECONDS = 0.02
"""Reading never waits in WAL mode; this is for the moment in which the journal is made, on Blender's main thread."""


@dataclass(frozen=True, slots=True)
class PackingRow:
    """A package that is being made: not in the journal yet."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Details:
    """What only the selected submission shows.

    job: its job folder's job.json, or None when that is gone.  history: Unix seconds, stage, state and text of every
    transition.  missing: frames that were asked for and are not here, once it is over.
    """

    submission_id: str = ""
    job: JobFile | None = None
    history: tuple[tuple[float, Stage, State, str], ...] = ()
    suspect: tuple[FrameRecord, ...] = ()
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is drawn.  rows: newest first.  going: those that do something by themselves.  problem: words, or ""."""

    rows: tuple[Row, ...] = ()
    going: tuple[Row, ...] = ()
    by_id: Mapping[str, Row] = field(default_factory=lambda: MappingProxyType({}))
    packing: tuple[PackingRow, ...] = ()
    details: Details = Details()
    problem: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """What a test of a server said.  is_good: None while the test runs.  text: one sentence."""

    is_good: bool | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An icon of a frame.  updated: of the submission when it was loaded, to notice a frame rendered again."""

    icon: int
    updated: float


class Closable(Protocol):
    """Something that holds memory of Blender's."""

    def close(self) -> None: ...


class Packing(Protocol):
    """What `scene.package.start` returns, as far as it matters here."""

    finished: bool
    problem: FarmhandError | None

    def poll(self) -> float | None: ...
    def cancel(self) -> None: ...


@dataclass(slots=True)
class _Pending:
    name: str
    packing: Packing
    then: Callable[[Packing], None]
    factor: float = 0.0


class Live:
    """Fetches the snapshot; `tick` is called by Blender's timer, and by tests without any Blender."""

    def __init__(self, home: UserFolder) -> None:
        self.home = home
        self._started = time.time()
        # A list that Blender still holds from before we were disabled must not pass for this one.
        self.snapshot = Snapshot(generation=secrets.randbits(24))
        self.news: list[Submission] = []
        """Submissions that got over since somebody last reported them."""
        self.notes: list[tuple[str, str]] = []
        """Reports that have nobody to report them: level ("INFO", "ERROR") and text."""
        self.is_hidden = False
        """Whether the user left the watch with Esc; a new submission shows it again."""
        self.unseen: set[str] = set()
        """Submissions of this session whose first frame has not come yet."""
        self.comparisons: dict[str, str] = {}
        """Submissions that render one frame here to be compared, and the file that came back."""
        self.connections: dict[str, Connection] = {}
        """What the last test of each server said, by URL."""
        self.checks: dict[str, Check] = {}
        """The last dry run of each scene, by the scene's name; emptied when another file is opened."""
        self.followed = -1
        """Generation of the snapshot that the timer last acted on; a selected job makes a new one between its turns."""
        self.is_file_behind = False
        """Whether frames wait to be brought into the open file until a tool or a render of Blender is done with it."""
        self.edits = 0
        """How often the open file was changed."""
        self.listing = 0
        """Rises when a job is new or gone, or has changed in what decides whether and where it is listed."""
        self.listed: list[str] = []
        """Ids of the jobs in the list, filtered and sorted."""
        self.listed_for = (-1, "")
        """`listing` and the open file when the list was last filled."""
        self.thumbnails: dict[str, Thumbnail] = {}
        """Pictures of the latest frames, by path."""
        self.pictures: Closable | None = None
        """What loads them; only Blender has it."""
        self._journal: Journal | None = None
        self._version = -1
        self._place_at = 0.0
        self._is_whole = False
        self._seen = 0.0
        self._known: dict[str, Submission] = {}
        self._rows: dict[str, Row] = {}
        self._pace = Estimator()
        self._pending: list[_Pending] = []
        self._refusal = ""

    def close(self) -> None:
        """Close the journal; packages that are still being made are given up."""
        for pending in self._pending:
            pending.packing.cancel()
        self._pending.clear()
        self._drop_journal()
        if self.pictures is not None:
            self.pictures.close()
            self.pictures = None

    @property
    def seconds_to_next(self) -> float:
        """How long the timer may sleep."""
        if self._pending or self.snapshot.going or (self._journal is not None and not self._is_whole):
            return 0.1  # a turn without news costs microseconds
        return 1.5

    def pack(self, name: str, packing: Packing, then: Callable[[Packing], None]) -> None:
        """Follow a package in the making; `then` is called when it is finished."""
        self._pending.append(_Pending(name, packing, then))
        self.is_hidden = False
        self._refusal = ""
        before = self.snapshot
        self.snapshot = replace(before, packing=self._packing_rows(), problem="", generation=before.generation + 1)

    def refuse(self, error: FarmhandError) -> None:
        """Something went wrong: reported once, and shown until the next attempt."""
        if str(error) != self._refusal:
            self.notes.append(("ERROR", str(error)))
        self._refusal = str(error)

    def give_up_packing(self) -> bool:
        """Stop making packages.  Says whether there was one."""
        had_some = bool(self._pending)
        for pending in self._pending:
            pending.packing.cancel()
        self._pending.clear()
        return had_some

    def tick(self, selected: str = "", *, now: float | None = None) -> bool:
        """Fetch what changed.  Says whether anything did."""
        before = self.snapshot
        self._follow_packings()
        problem = self._refusal
        try:
            changed = self._read(selected, time.time() if now is None else now)
        except JournalLost as error:  # the next turn opens a new one, and this must still be read
            self._drop_journal()
            self._known, self._rows, self._seen = {}, {}, 0.0
            self.listing += 1
            self.refuse(error)
            changed, problem = False, self._refusal
        except FarmhandError as error:
            self._drop_journal()
            changed, problem = False, str(error)
        packing = self._packing_rows()
        if changed or packing != before.packing or problem != before.problem:
            self.snapshot = replace(self.snapshot, packing=packing, problem=problem, generation=before.generation + 1)
        return self.snapshot is not before

    # Inside

    def _packing_rows(self) -> tuple[PackingRow, ...]:
        return tuple(PackingRow(pending.name, pending.factor) for pending in self._pending)

    def _follow_packings(self) -> None:
        for pending in list(self._pending):
            pending.factor = pending.packing.poll() or pending.factor
            if pending.packing.finished:
                self._pending.remove(pending)
                pending.then(pending.packing)

    def _read(self, selected: str, now: float) -> bool:
        journal = self._open()
        if journal is None:
            return False
        if time.monotonic() >= self._place_at:
            self._place_at = time.monotonic() + PLACE_SECONDS
            journal.check_place()
        version = journal.version()
        if version == self._version and selected == self.snapshot.details.submission_id:
            return False
        if version != self._version and self._take(journal, now):
            self._version = version
        rows = tuple(self._rows.values())
        self.snapshot = replace(
            self.snapshot,
            rows=rows,
            going=tuple(row for row in rows if row.submission.state in _GOING),
            by_id=MappingProxyType(dict(self._rows)),
            details=self._details(journal, selected),
        )
        return True

    def _details(self, journal: Journal, selected: str) -> Details:
        one = self._known.get(selected)
        if one is None:
            return Details(selected)
        before = self.snapshot.details
        job = before.job if before.submission_id == selected else None
        job = job or _job(self.home.job(selected))
        missing = _missing(journal, one, job) if one.is_over and job else ()
        odd = tuple(journal.odd_frames(selected, MOST_ODD))
        return Details(selected, job, tuple(journal.transitions(selected)), odd, missing)

    def _take(self, journal: Journal, now: float) -> bool:
        """Take in what was written since.  Says whether that was all: a long list comes page by page."""
        if not self._is_whole:
            page = journal.submissions(limit=PAGE, offset=len(self._known))
            self._is_whole = len(page) < PAGE
            self._merge(page, now)
            return self._is_whole
        before = len(self._known)
        self._merge(journal.submissions(since=min(self._seen, now) - OVERLAP_SECONDS), now)
        if not before == len(self._known) == journal.count():
            self._arrange(journal.ids())
        return True

    def _merge(self, submissions: list[Submission], now: float) -> None:
        for one in submissions:
            before = self._known.get(one.id)
            if before == one:
                continue
            if before is None or _listed_by(before) != _listed_by(one):
                self.listing += 1
            is_new = before is None and one.created >= self._started
            self._known[one.id] = one
            self._rows[one.id] = row_of(one, self._pace, now)
            self._seen = max(self._seen, one.updated)
            if is_new:
                self.unseen.add(one.id)
            if one.is_over and (is_new or (before is not None and not before.is_over)):
                self.news.append(one)

    def _arrange(self, ids: list[str]) -> None:
        """Newest first, without those that were forgotten."""
        if ids != list(self._known):
            self._known = {name: self._known[name] for name in ids if name in self._known}
            self._rows = {name: self._rows[name] for name in self._known}
            self.listing += 1

    def _open(self) -> Journal | None:
        if self._journal is None and self.home.journal.exists():
            self._journal = Journal(self.home.journal, busy_seconds=BUSY_SECONDS)
        return self._journal

    def _drop_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
        self._journal = None
        self._version = -1
        self._is_whole = False


def _listed_by(one: Submission) -> tuple[object, ...]:
    """All that filters and orders of the list look at; the time of creation never changes."""
    return one.name, one.scene, one.blend, one.state, bool(one.frames_suspect)


def _job(folder: Path) -> JobFile | None:
    try:
        return job_folder.read(folder)
    except FarmhandError:
        return None


def _missing(journal: Journal, one: Submission, job: JobFile) -> tuple[int, ...]:
    """A frame may have several files: as many files as frames do not tell that all are here."""
    if one.frames_done == one.frames_total == len(job.frames):
        return ()
    here = {record.frame for record in journal.frames(one.id) if record.state in IN_PLACE}
    if here == {None}:  # a movie, or names of the service's own
        return ()
    return tuple(number for number in job.frames if number not in here)


_GOING = frozenset({State.QUEUED, State.ACTIVE})
_current: Live | None = None


def start(home: UserFolder) -> Live:
    """Make the holder.  Called by register()."""
    global _current
    stop()
    _current = Live(home)
    return _current


def stop() -> None:
    """Drop the holder.  Called by unregister()."""
    global _current
    if _current is not None:
        _current.close()
    _current = None


def current() -> Live | None:
    """The holder while Farmhand is enabled."""
    return _current


def holder() -> Live:
    """The holder, wherever an operator can run.  Raises LocalProblem."""
    if _current is None:
        raise LocalProblem("Farmhand is not enabled.", "", "Enable it in Preferences > Add-ons.")
    return _current


def rest_of(submission_id: str) -> tuple[int, ...]:
    """The frames that the selected job, a scout, left out; none for any other job."""
    details = _current.snapshot.details if _current else Details()
    return tuple(details.job.rest) if details.job and details.submission_id == submission_id else ()
