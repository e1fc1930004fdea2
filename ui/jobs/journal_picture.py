"""The journal as the panels draw it: read page by page, then only changes. Does not use bpy or the network."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

from ...jobs.folder import service_report
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import FrameRecord, State, Submission
from ...jobs.user_folder import UserFolder
from . import renders
from .brought_frames import OVERLAP_SECONDS, BroughtFrames
from .frame_times import measured
from .job_folders import JobFolders
from .job_row import Row, row_of
from .progress import Estimator
from .renders import GOING, FrameCounts
from .snapshot import Details, Snapshot

PAGE = 40
"""Submissions that one turn of the timer reads: few enough that Blender never stutters."""
PLACE_SECONDS = 2.0
"""How often to check that the journal's file has not been replaced."""
MOST_SUSPECT = 20
BUSY_SECONDS = 0.02
"""Reading never waits in WAL mode; this is for the moment in which the journal is made, on Blender's main thread."""
NEEDS_USER = frozenset({State.WAITING, State.STOPPED})


class JournalPicture:
    """Rows and details of all renders. `read` updates them; `news` collects what must be reported to the user.

    listing: increases when a render is new or gone, or a value changed that the list is filtered or sorted by.
    unseen: submissions of this session whose first frame has not arrived yet.
    """

    def __init__(self, home: UserFolder, place_seconds: float = PLACE_SECONDS) -> None:
        self.home = home
        self.listing = 0
        self.news: list[Submission] = []
        self.unseen: set[str] = set()
        self._started = time.time()
        self._place_seconds = place_seconds
        self._journal: Journal | None = None
        self._opened = 0.0
        self._version = -1
        self._place_at = 0.0
        self._is_whole = False
        self._seen = 0.0
        self._known: dict[str, Submission] = {}
        self._folders = JobFolders(home)
        self._brought = BroughtFrames()
        self._parts: dict[str, list[str]] = {}
        self._key_of: dict[str, str] = {}
        self._comparisons: set[str] = set()
        self._rows: dict[str, Row] = {}
        self._pace = Estimator()
        self._is_job_old = False

    @property
    def is_whole(self) -> bool:
        """Whether all pages were read, or there is no journal."""
        return self._journal is None or self._is_whole

    def read(self, before: Snapshot, selected: str, now: float) -> Snapshot:
        """The snapshot with the journal's changes; the same object if there are none.

        Args:
            before: the snapshot that the last call returned.
            selected: id of the render whose details are wanted, "" for none.
            now: Unix seconds.

        Raises:
            FarmhandError: the journal cannot be read.
        """
        journal = self._open()
        if journal is None:
            return before
        if time.monotonic() >= self._place_at:
            self._place_at = time.monotonic() + self._place_seconds
            journal.check_place()
        version = journal.version()
        if version == self._version and selected == before.details.submission_id:
            return before
        if version != self._version:
            if self._take(journal, now):
                self._version = version
            elif before.rows and len(self._known) < 2 * len(before.rows):
                return before  # showing a long list takes longer than reading a page of it
        rows = tuple(sorted(self._rows.values(), key=lambda row: -row.submission.created))
        return replace(
            before,
            rows=rows,
            going=tuple(row for row in rows if row.submission.state in GOING),
            waiting=tuple(row for row in rows if row.submission.state in NEEDS_USER),
            by_id=MappingProxyType({part: self._rows[key] for key, ids in self._parts.items() for part in ids}),
            compared=MappingProxyType({name: self._known[name] for name in self._comparisons}),
            details=self._details(journal, before.details, selected, now),
        )

    def read_again(self, submission_id: str) -> None:
        """Call after changing a submission's job folder here, so that the next `read` shows the change."""
        one, journal = self._known.get(submission_id), self._open()
        if one is None or journal is None:
            return
        self._folders.take(one, None)
        for key in self._place(one):
            self._show(journal, key, time.time())
        self._version, self._is_job_old = -1, True

    def forget_unsaved(self) -> None:
        """Another file was opened: stop waiting for frames of an unsaved one, which is gone."""
        self.unseen = {name for name in self.unseen if name in self._known and self._known[name].blend}

    def forget(self) -> None:
        """The journal was replaced: start again."""
        self.close()
        self._known, self._parts, self._key_of, self._rows, self._seen = {}, {}, {}, {}, 0.0
        self._comparisons.clear()
        self._folders, self._brought = JobFolders(self.home), BroughtFrames()
        self.listing += 1

    def close(self) -> None:
        """Close the journal; the next `read` opens it again."""
        if self._journal is not None:
            self._journal.close()
        self._journal = None
        self._version = -1
        self._is_whole = False

    def _open(self) -> Journal | None:
        if self._journal is None and self.home.journal.exists():
            self._journal = Journal(self.home.journal, busy_seconds=BUSY_SECONDS)
            self._opened = time.time()
        return self._journal

    def _take(self, journal: Journal, now: float) -> bool:
        """Read new changes. Returns whether that was all: a long list is read page by page."""
        if not self._is_whole:
            page = journal.submissions(limit=PAGE, offset=len(self._known))
            self._is_whole = len(page) < PAGE
            self._merge(journal, page, now)
            if self._is_whole:
                self._catch_up(journal, now)
            return self._is_whole
        before = len(self._known)
        self._merge(journal, journal.submissions(since=min(self._seen, now) - OVERLAP_SECONDS), now)
        if not before == len(self._known) == journal.count():
            self._drop_forgotten(journal, set(journal.ids()), now)
        return True

    def _catch_up(self, journal: Journal, now: float) -> None:
        """Read what changed between the first page and the last: a removed job moves others to pages already read."""
        ids = set(journal.ids())
        self._drop_forgotten(journal, ids, now)
        self._merge(journal, filter(None, map(journal.submission, ids - self._known.keys())), now)
        self._merge(journal, journal.submissions(since=self._opened - OVERLAP_SECONDS), now)

    def _merge(self, journal: Journal, submissions: Iterable[Submission], now: float) -> None:
        changed = set[str]()
        for one in submissions:
            before = self._known.get(one.id)
            if before == one:
                continue
            if before is None or _listed_by(before) != _listed_by(one):
                self.listing += 1
            is_new = before is None and one.created >= self._started
            self._known[one.id] = one
            self._seen = max(self._seen, one.updated)
            self._folders.take(one, before)
            changed.update(self._place(one))
            if one.id in self._comparisons:
                continue
            if is_new:
                self.unseen.add(one.id)
            if _is_news(one) and (is_new or (before is not None and before.state is not one.state)):
                self.news.append(one)
        for key in changed:
            self._show(journal, key, now)

    def _place(self, one: Submission) -> set[str]:
        """Add a submission to the parts of its render, oldest first. Returns the changed renders."""
        facts = self._folders.facts[one.id]
        if facts.purpose == renders.COMPARE:
            self._comparisons.add(one.id)
            return self._take_out(one.id)
        key = facts.part_of or one.id
        changed = {key}
        if self._key_of.get(one.id) != key:
            changed |= self._take_out(one.id)
            self._key_of[one.id] = key
            self._parts.setdefault(key, []).append(one.id)
            self._parts[key].sort(key=lambda name: self._known[name].created)
        return changed

    def _take_out(self, name: str) -> set[str]:
        """Remove a submission from its render. Returns that render, or nothing."""
        key = self._key_of.pop(name, None)
        if key is None:
            return set()
        self._parts[key].remove(name)
        if not self._parts[key]:
            del self._parts[key]
        return {key}

    def _show(self, journal: Journal, key: str, now: float) -> None:
        """Update a render's row; one without parts is removed."""
        if key in self._parts:
            self._rows[key] = self._row(journal, key, now)
        else:
            self._rows.pop(key, None)

    def _drop_forgotten(self, journal: Journal, kept: set[str], now: float) -> None:
        gone = self._known.keys() - kept
        if not gone:
            return
        changed = set[str]().union(*map(self._take_out, gone))
        for name in gone:
            del self._known[name]
            self._comparisons.discard(name)
            self.unseen.discard(name)
            self._brought.drop(name)
            self._folders.drop(name)
        for key in changed:
            self._show(journal, key, now)
        self.listing += 1

    def _row(self, journal: Journal, key: str, now: float) -> Row:
        parts = [self._known[name] for name in self._parts[key]]
        frames = frozenset[int]().union(*(self._folders.facts[one.id].frames for one in parts))
        rest = tuple(number for number in self._folders.facts[parts[0].id].rest if number not in frames)
        whole = parts[0] if len(parts) == 1 else renders.merge(parts, self._count(journal, parts, now))
        current = renders.current_part(parts)
        return row_of(
            whole,
            self._pace,
            now,
            parts=tuple(parts),
            frames=frames,
            rest=rest,
            has_package=self._folders.facts[parts[-1].id].has_package,
            checked=self._folders.checked(current),
            preview=self._folders.preview(current),
            frame_time=measured(parts, {one.id: self._folders.facts[one.id].work for one in parts}),
        )

    def _count(self, journal: Journal, parts: Sequence[Submission], now: float) -> FrameCounts:
        brought = {one.id: self._brought.looks_wrong(journal, one, now) for one in parts}
        return renders.count_frames(parts, self._folders.facts, brought)

    def _details(self, journal: Journal, before: Details, selected: str, now: float) -> Details:
        ids = self._parts.get(selected)
        if ids is None:
            return Details(selected)
        parts = [self._known[name] for name in ids]
        job = before.job if before.submission_id == selected and not self._is_job_old else None
        self._is_job_old = False
        job = job or renders.read_job(self.home, parts[0].id)
        over = all(one.is_over for one in parts)
        moments = sorted(moment for one in parts for moment in journal.transitions(one.id))
        return Details(
            submission_id=selected,
            job=job,
            history=tuple(moments),
            suspect=self._suspect(journal, parts, now),
            missing=self._missing(journal, parts, now) if over else (),
            report=service_report.read(self.home.job(renders.current_part(parts).id)),
            seconds=sum(self._seconds(journal, one) for one in parts) if over else 0.0,
        )

    def _seconds(self, journal: Journal, one: Submission) -> float:
        ends = (at for at, _, state, _ in journal.transitions(one.id) if state in (State.DONE, State.CANCELED))
        return max(0.0, next(ends, one.created) - one.created)

    def _suspect(self, journal: Journal, parts: Sequence[Submission], now: float) -> tuple[FrameRecord, ...]:
        """Frames that look wrong or were discarded, and that no later submission has downloaded again."""
        found = list[FrameRecord]()
        for place, one in enumerate(parts):
            later = [self._brought.looks_wrong(journal, other, now) for other in parts[place + 1 :]]
            odd = journal.odd_frames(one.id, MOST_SUSPECT)
            found += [each for each in odd if not any(each.frame in frames for frames in later)]
        return tuple(found[:MOST_SUSPECT])

    def _missing(self, journal: Journal, parts: Sequence[Submission], now: float) -> tuple[int, ...]:
        """The missing frames. Counting files is not enough, because a frame may have several."""
        wanted = frozenset[int]().union(*(self._folders.facts[one.id].frames for one in parts))
        if not wanted or (len(parts) == 1 and parts[0].frames_done == parts[0].frames_total == len(wanted)):
            return ()
        here = set[int]().union(*(self._brought.looks_wrong(journal, one, now) for one in parts))
        if not here and any(one.frames_done for one in parts):  # a movie, or the service's own file names
            return ()
        return tuple(sorted(wanted - here))


def _is_news(one: Submission) -> bool:
    """Whether it must be reported to the user: it is over, or waits for them."""
    return one.is_over or one.state in NEEDS_USER


def _listed_by(one: Submission) -> tuple[object, ...]:
    """All values that the list is filtered and sorted by, except the time of creation, which never changes."""
    return one.name, one.scene, one.blend, one.state, bool(one.frames_suspect)
