"""The journal: the only record of submissions, and the only way in which Blender and the courier communicate.

SQLite in WAL mode (schema and migrations: journal_file.py). Every transition is written here before it is acted on.
Blender reads it from a timer (`version` is cheap) and writes only with `add`, `ask` and `rename`. Standard library
only.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from ...client.errors import LocalProblem
from ...client.message import Message
from .. import this_computer
from ..text import as_unicode
from . import journal_file, rows
from .journal_file import Damaged, JournalLost
from .submission import CourierInfo, FrameRecord, FrameState, Request, Stage, State, Submission

_COLUMNS = tuple(f.name for f in fields(Submission))
_VALUES = 500
"""In one question; old builds of SQLite allow 999."""
T = TypeVar("T")


class Journal:
    """An open journal. One per thread or process; close it, or use it as a context manager.

    Every call raises LocalProblem when the file cannot be used; a damaged or newer one is set aside, never deleted.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = 5.0) -> None:
        self.path = Path(path)
        self._lost: JournalLost | None = None
        self._db, self._identity = journal_file.open_file(self.path, busy_seconds)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def check_place(self) -> None:
        """Raise JournalLost when another process has set this journal aside, or removed it."""
        if journal_file.identity_of(self.path) != self._identity:
            raise journal_file.moved()

    # Reading

    def version(self) -> int:
        """A number that changes when another process has written. Costs microseconds."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def submissions(
        self, *, unfinished: bool = False, since: float = -1.0, limit: int = -1, offset: int = 0
    ) -> list[Submission]:
        """Submissions, newest first.

        Args:
            unfinished: only those that the courier may still have work for.
            since: only those written later than that Unix time.
            limit, offset: a part of the list; -1 for no limit.
        """
        where = "AND state IN ('queued', 'active', 'waiting', 'paused', 'stopped')" if unfinished else ""
        return self._all(
            rows.submission,
            f"SELECT * FROM submissions WHERE updated > ? {where} ORDER BY created DESC, id LIMIT ? OFFSET ?",
            (since, limit, offset),
        )

    def ids(self) -> list[str]:
        """Every submission's id, newest first."""
        return [row[0] for row in self._rows("SELECT id FROM submissions ORDER BY created DESC, id")]

    def count(self) -> int:
        """How many submissions there are."""
        return int(self._rows("SELECT count(*) FROM submissions")[0][0])

    def submission(self, submission_id: str) -> Submission | None:
        with self._guarded(journal_file.unreadable):
            return self._find(submission_id)

    def frames(self, submission_id: str, *, since: float = 0.0) -> list[FrameRecord]:
        """Files of a submission by frame and name; since: only those written later than that Unix time."""
        return self._all(
            rows.frame,
            "SELECT * FROM frames WHERE submission_id = ? AND updated > ? ORDER BY frame, name",
            (submission_id, since),
        )

    def frame_states(self, submission_id: str, *, since: float = 0.0) -> list[tuple[int | None, FrameState, float]]:
        """Number, state and Unix time of each file, unordered: takes a tenth of the time of whole records."""
        return self._all(
            lambda row: (row[0], FrameState(row[1]), row[2]),
            "SELECT frame, state, updated FROM frames WHERE submission_id = ? AND updated > ?",
            (submission_id, since),
        )

    def odd_frames(self, submission_id: str, limit: int) -> list[FrameRecord]:
        """The first files of a submission that look wrong or were refused, by frame and name."""
        return self._all(
            rows.frame,
            "SELECT * FROM frames WHERE submission_id = ? AND state != 'here' AND reason != '' "
            "ORDER BY frame, name LIMIT ?",
            (submission_id, limit),
        )

    def downloaded_to(self, output_folder: str, paths: Sequence[str]) -> list[FrameRecord]:
        """The files that submissions with this output folder have saved to these paths, damaged or replaced since or
        not."""
        found = list[FrameRecord]()
        for start in range(0, len(paths), _VALUES):
            part = paths[start : start + _VALUES]
            values = [rows.storable({"text": text})["text"] for text in (output_folder, *part)]
            found += self._all(
                rows.frame,
                "SELECT * FROM frames WHERE submission_id IN (SELECT id FROM submissions WHERE output_folder = ?) "
                f"AND state IN ('here', 'suspect') AND sha256 != '' AND path IN ({', '.join('?' * len(part))})",
                values,
            )
        return found

    def transitions(self, submission_id: str) -> list[tuple[float, Stage, State, str]]:
        """What happened when, in the order of writing (a clock may be set back): Unix seconds, stage, state, one
        sentence or ""."""
        return self._all(
            lambda row: (row["at"], Stage(row["stage"]), State(row["state"]), Message.decoded(row["text"])),
            "SELECT at, stage, state, text FROM transitions WHERE submission_id = ? ORDER BY rowid",
            (submission_id,),
        )

    def other_computer(self, submission_id: str) -> str:
        """The name of the other computer that a submission belongs to, if the user folder is shared; else ""."""
        ours = this_computer.identity()
        question = "SELECT name FROM computers WHERE submission_id = ? AND computer NOT IN ('', ?)"
        found = self._rows(question, (submission_id, ours)) if ours else []
        return str(found[0]["name"]) if found else ""

    # Writing, by Blender and the command line

    def add(self, submission: Submission, text: str = "") -> bool:
        """Add a new submission, for the courier to pick up. A known one stays as it is.

        text: a remark on it. Returns whether it was new.
        """
        with self.transaction():
            if self._find(submission.id) is not None:
                return False
            self._insert(submission)
            self._note_transition(submission, text)
            self._claim(submission.id)
        return True

    def ask(self, submission_id: str, request: Request) -> None:
        """Leave a request for the courier. RETRY and RESUME also take the submission over from another computer."""
        with self.transaction():
            if request in (Request.RETRY, Request.RESUME):
                self._claim(submission_id)
            self._db.execute(
                "INSERT INTO requests (submission_id, request, at) VALUES (?, ?, ?)",
                (submission_id, request.value, time.time()),
            )

    def rename(self, submission_id: str, name: str) -> None:
        """Rename a submission; nothing else changes the name after `add`."""
        with self.transaction():
            self._db.execute(
                "UPDATE submissions SET name = ?, updated = ? WHERE id = ?", (name, time.time(), submission_id)
            )

    # Writing, by the courier

    def save(self, submission: Submission, text: str = "") -> Submission:
        """Write a submission's new values; a changed stage or state, or a text, also becomes a transition."""
        with self.transaction():
            saved = submission.with_(updated=time.time())  # within the transaction: readers of new rows must miss none
            before = self._find(submission.id)
            if before is None:
                return saved
            self._insert(saved)
            if text or (before.stage, before.state) != (saved.stage, saved.state):
                self._note_transition(saved, text)
        return saved

    def save_frames(self, records: Iterable[FrameRecord], modified: Mapping[str, int] | None = None) -> None:
        """Write the state of files. modified: time stamps in nanoseconds of those that were downloaded, by name."""
        known = modified or {}
        values = [
            rows.storable({**asdict(one), "state": one.state.value, "reason": rows.stored(one.reason)})
            for one in records
        ]
        times = [(one["submission_id"], one["name"], known[name]) for one in values if (name := one["name"]) in known]
        with self.transaction():
            now = time.time()
            self._db.executemany(
                "INSERT OR REPLACE INTO frames VALUES "
                "(:submission_id, :name, :path, :frame, :state, :bytes, :sha256, :reason, :updated)",
                [{**one, "updated": now} for one in values],
            )
            self._db.executemany("INSERT OR REPLACE INTO frame_times VALUES (?, ?, ?)", times)

    def frame_times(self, submission_id: str) -> dict[str, int]:
        """The time stamps in nanoseconds that the files of a submission had once downloaded, by name."""
        found = self._rows("SELECT name, modified_ns FROM frame_times WHERE submission_id = ?", (submission_id,))
        return {row["name"]: row["modified_ns"] for row in found}

    def requests(self, submission_id: str | None = None) -> list[tuple[int, str, Request]]:
        """Open requests, oldest first: number, submission id, request."""
        where, args = ("WHERE submission_id = ?", (submission_id,)) if submission_id else ("", ())
        return self._all(
            lambda row: (row["number"], row["submission_id"], Request(row["request"])),
            f"SELECT number, submission_id, request FROM requests {where} ORDER BY number",
            args,
        )

    def answered(self, number: int) -> None:
        """Remove a request that has been carried out."""
        with self.transaction():
            self._db.execute("DELETE FROM requests WHERE number = ?", (number,))

    def forget(self, submission_id: str) -> None:
        """Delete a submission and everything that belongs to it; files on disk stay."""
        with self.transaction():
            self._db.execute("DELETE FROM submissions WHERE id = ?", (submission_id,))

    # The courier itself

    def courier(self) -> CourierInfo | None:
        """The courier that works on this journal, or None after it has signed off. A killed one stays recorded here:
        only the lock tells whether it lives."""
        return next(iter(self._all(rows.presence, "SELECT * FROM courier")), None)

    def courier_is(self, presence: CourierInfo) -> None:
        """Record this courier, or its changed keys; a request to hand over is kept."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO courier VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, "
                "?7 OR EXISTS (SELECT 1 FROM courier WHERE pid = ?1 AND started = ?3 AND handover))",
                (
                    presence.pid,
                    presence.version,
                    presence.started,
                    presence.heartbeat,
                    json.dumps(presence.keys_for),
                    presence.channel,
                    int(presence.handover),
                ),
            )

    def courier_beats(self, pid: int) -> bool:
        """Renew the heartbeat. Returns whether another version has asked this courier to hand over."""
        with self.transaction():
            self._db.execute("UPDATE courier SET heartbeat = ? WHERE pid = ?", (time.time(), pid))
        presence = self.courier()
        return presence is None or presence.pid != pid or presence.handover

    def courier_leaves(self, pid: int) -> None:
        with self.transaction():
            self._db.execute("DELETE FROM courier WHERE pid = ?", (pid,))

    def ask_handover(self, pid: int | None = None) -> None:
        """Ask the current courier, or only the one with this pid, to stop at its next safe point."""
        with self.transaction():
            self._db.execute("UPDATE courier SET handover = 1 WHERE pid = coalesce(?, pid)", (pid,))

    # Inside

    def _rows(self, question: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._guarded(journal_file.unreadable):
            return self._db.execute(question, values).fetchall()

    def _all(self, make: Callable[[sqlite3.Row], T], question: str, values: Sequence[object] = ()) -> list[T]:
        with self._guarded(journal_file.unreadable):
            # Read to the end first: on Windows a file that is being read cannot be set aside.
            return [rows.made(make, row) for row in self._db.execute(question, values).fetchall()]

    def _find(self, submission_id: str) -> Submission | None:
        row = self._db.execute("SELECT * FROM submissions WHERE id = ?", (submission_id,)).fetchone()
        return None if row is None else rows.made(rows.submission, row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written within it is committed together, or not at all. Raises LocalProblem."""
        with self._guarded(journal_file.unwritable):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _guarded(self, words: Callable[[Exception], LocalProblem]) -> Iterator[None]:
        """Around each use of the database: errors become LocalProblem, and a damaged file is set aside."""
        if self._lost is not None:
            raise self._lost
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except (sqlite3.Error, Damaged) as error:
            if not journal_file.is_damage(error):
                raise words(error) from error
            self._db.close()
            self._lost = journal_file.set_aside(self.path, self._identity, journal_file.DAMAGED)
            raise self._lost from error

    def _insert(self, submission: Submission) -> None:
        row: dict[str, Any] = {name: getattr(submission, name) for name in _COLUMNS}
        row.update(stage=submission.stage.value, state=submission.state.value)
        row.update(note=rows.stored(submission.note), problem=rows.problem_stored(submission.problem))
        row = rows.storable(row)
        updates = ", ".join(f"{name} = :{name}" for name in _COLUMNS if name not in ("id", "name"))
        self._db.execute(
            f"INSERT INTO submissions ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + n for n in _COLUMNS)}) "
            f"ON CONFLICT (id) DO UPDATE SET {updates}",
            row,
        )

    def _claim(self, submission_id: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO computers SELECT id, ?, ? FROM submissions WHERE id = ?",
            (this_computer.identity(), as_unicode(this_computer.name()), submission_id),
        )

    def _note_transition(self, submission: Submission, text: str = "") -> None:
        self._db.execute(
            "INSERT INTO transitions VALUES (?, ?, ?, ?, ?)",
            (submission.id, time.time(), submission.stage.value, submission.state.value, as_unicode(rows.stored(text))),
        )
