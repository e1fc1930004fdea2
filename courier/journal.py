"""The journal: the one place where submissions are remembered, and the only way Blender and the courier talk.

SQLite in WAL mode: one writer at a time, readers never wait.  Every transition is written here before it is acted on.
Blender reads it from a timer (`version` is a cheap question) and writes only `add` and `ask`.  Standard library only.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..client.errors import LocalProblem
from .submission import FrameRecord, FrameState, Presence, Problem, Request, Stage, State, Submission

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE submissions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, server_url TEXT NOT NULL, blend TEXT NOT NULL, scene TEXT NOT NULL,
    output_folder TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, stage TEXT NOT NULL, state TEXT NOT NULL,
    needs_confirm INTEGER NOT NULL, slug TEXT NOT NULL, job_id TEXT NOT NULL, job_status TEXT NOT NULL,
    package_bytes INTEGER NOT NULL, upload_done INTEGER NOT NULL, frames_total INTEGER NOT NULL,
    frames_rendered INTEGER NOT NULL, frames_done INTEGER NOT NULL, frames_suspect INTEGER NOT NULL,
    bytes_pulled INTEGER NOT NULL, normalized_seconds REAL, latest_frame TEXT NOT NULL, note TEXT NOT NULL, problem TEXT
) WITHOUT ROWID;
CREATE INDEX submissions_by_state ON submissions (state, created);
CREATE TABLE frames (
    submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE, name TEXT NOT NULL, path TEXT NOT NULL,
    frame INTEGER, state TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL,
    updated REAL NOT NULL, PRIMARY KEY (submission_id, name)
) WITHOUT ROWID;
CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT, submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    request TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE transitions (
    submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE, at REAL NOT NULL, stage TEXT NOT NULL,
    state TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX transitions_of ON transitions (submission_id, at);
CREATE TABLE courier (
    one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL, version TEXT NOT NULL, started REAL NOT NULL,
    heartbeat REAL NOT NULL, keys_for TEXT NOT NULL, channel TEXT NOT NULL, handover INTEGER NOT NULL DEFAULT 0
);
"""
_COLUMNS = tuple(f.name for f in fields(Submission))


class Journal:
    """An open journal.  One per thread or process; close it, or use it as a context manager.

    Raises LocalProblem when the file cannot be used; a corrupt or newer file is set aside, never deleted.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = 5.0) -> None:
        self.path = Path(path)
        self._db = self._open(busy_seconds)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # Reading

    def version(self) -> int:
        """A number that changes when another process has written.  Costs microseconds."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def submissions(
        self, *, unfinished: bool = False, since: float = -1.0, limit: int = -1, offset: int = 0
    ) -> list[Submission]:
        """Newest first.  unfinished: only those the courier may still have to do something for.  since: only those
        written later than that Unix time."""
        where = "AND state IN ('queued', 'active', 'waiting', 'paused', 'stopped')" if unfinished else ""
        rows = self._db.execute(
            f"SELECT * FROM submissions WHERE updated > ? {where} ORDER BY created DESC, id LIMIT ? OFFSET ?",
            (since, limit, offset),
        )
        return [_submission(row) for row in rows]

    def ids(self) -> list[str]:
        """Every submission's id, newest first."""
        return [row[0] for row in self._db.execute("SELECT id FROM submissions ORDER BY created DESC, id")]

    def submission(self, submission_id: str) -> Submission | None:
        row = self._db.execute("SELECT * FROM submissions WHERE id = ?", (submission_id,)).fetchone()
        return None if row is None else _submission(row)

    def frames(self, submission_id: str, *, since: float = 0.0) -> list[FrameRecord]:
        """Files of a submission by frame and name; since: only those written later than that Unix time."""
        rows = self._db.execute(
            "SELECT * FROM frames WHERE submission_id = ? AND updated > ? ORDER BY frame, name", (submission_id, since)
        )
        return [FrameRecord(**{**dict(row), "state": FrameState(row["state"])}) for row in rows]

    def odd_frames(self, submission_id: str, limit: int) -> list[FrameRecord]:
        """The first files of a submission that look wrong or were refused, by frame and name."""
        rows = self._db.execute(
            "SELECT * FROM frames WHERE submission_id = ? AND state != 'here' AND reason != '' "
            "ORDER BY frame, name LIMIT ?",
            (submission_id, limit),
        )
        return [FrameRecord(**{**dict(row), "state": FrameState(row["state"])}) for row in rows]

    def transitions(self, submission_id: str) -> list[tuple[float, Stage, State, str]]:
        """What happened when, oldest first: Unix seconds, stage, state, one sentence or ""."""
        rows = self._db.execute(
            "SELECT at, stage, state, text FROM transitions WHERE submission_id = ? ORDER BY at, rowid",
            (submission_id,),
        )
        return [(row["at"], Stage(row["stage"]), State(row["state"]), row["text"]) for row in rows]

    # Writing, by Blender and the command line

    def add(self, submission: Submission) -> None:
        """Remember a new submission; the courier takes it from here."""
        with self._write():
            self._insert(submission)
            self._note_transition(submission)

    def ask(self, submission_id: str, request: Request) -> None:
        """Leave a request for the courier."""
        with self._write():
            self._db.execute(
                "INSERT INTO requests (submission_id, request, at) VALUES (?, ?, ?)",
                (submission_id, request.value, time.time()),
            )

    # Writing, by the courier

    def save(self, submission: Submission, text: str = "") -> Submission:
        """Write a submission's new values; a changed stage or state, or a text, also becomes a transition."""
        saved = submission.with_(updated=time.time())
        with self._write():
            before = self.submission(submission.id)
            if before is None:
                return saved
            self._insert(saved)
            if text or (before.stage, before.state) != (saved.stage, saved.state):
                self._note_transition(saved, text)
        return saved

    def save_frames(self, records: Iterable[FrameRecord]) -> None:
        now = time.time()
        rows = [{**asdict(record), "state": record.state.value, "updated": now} for record in records]
        with self._write():
            self._db.executemany(
                "INSERT OR REPLACE INTO frames VALUES "
                "(:submission_id, :name, :path, :frame, :state, :bytes, :sha256, :reason, :updated)",
                rows,
            )

    def requests(self, submission_id: str | None = None) -> list[tuple[int, str, Request]]:
        """Open requests, oldest first: number, submission id, request."""
        where, args = ("WHERE submission_id = ?", (submission_id,)) if submission_id else ("", ())
        rows = self._db.execute(f"SELECT number, submission_id, request FROM requests {where} ORDER BY number", args)
        return [(row["number"], row["submission_id"], Request(row["request"])) for row in rows]

    def answered(self, number: int) -> None:
        """A request has been acted on."""
        with self._write():
            self._db.execute("DELETE FROM requests WHERE number = ?", (number,))

    def forget(self, submission_id: str) -> None:
        """Drop a submission and all that hangs on it; files on disk stay."""
        with self._write():
            self._db.execute("DELETE FROM submissions WHERE id = ?", (submission_id,))

    # The courier itself

    def courier(self) -> Presence | None:
        """The courier that works on this journal, or None after it said good-bye.  A killed one stays written here:
        only the lock tells whether it lives."""
        row = self._db.execute("SELECT * FROM courier").fetchone()
        if row is None:
            return None
        values = {name: row[name] for name in ("pid", "version", "started", "heartbeat", "channel")}
        return Presence(**values, keys_for=json.loads(row["keys_for"]), handover=bool(row["handover"]))

    def courier_is(self, presence: Presence) -> None:
        """Say that a courier is here."""
        with self._write():
            self._db.execute(
                "INSERT OR REPLACE INTO courier VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
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
        """Renew the heartbeat; whether another version has asked this courier to hand over."""
        with self._write():
            self._db.execute("UPDATE courier SET heartbeat = ? WHERE pid = ?", (time.time(), pid))
        presence = self.courier()
        return presence is None or presence.pid != pid or presence.handover

    def courier_leaves(self, pid: int) -> None:
        with self._write():
            self._db.execute("DELETE FROM courier WHERE pid = ?", (pid,))

    def ask_handover(self) -> None:
        """Ask the courier that is there to stop at its next safe point."""
        with self._write():
            self._db.execute("UPDATE courier SET handover = 1")

    # Inside

    @contextmanager
    def _write(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise LocalProblem(
                f"Farmhand's list of submissions cannot be written ({error}).",
                "What was reached before is kept; a render that is under way goes on at the service.",
                "Try again in a moment; if it stays so, look for a full disk or a read-only user folder.",
            ) from error

    def _insert(self, submission: Submission) -> None:
        row: dict[str, Any] = {name: getattr(submission, name) for name in _COLUMNS}
        row.update(stage=submission.stage.value, state=submission.state.value)
        row["problem"] = json.dumps(asdict(submission.problem)) if submission.problem else None
        updates = ", ".join(f"{name} = :{name}" for name in _COLUMNS if name != "id")
        self._db.execute(
            f"INSERT INTO submissions ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + n for n in _COLUMNS)}) "
            f"ON CONFLICT (id) DO UPDATE SET {updates}",
            row,
        )

    def _note_transition(self, submission: Submission, text: str = "") -> None:
        self._db.execute(
            "INSERT INTO transitions VALUES (?, ?, ?, ?, ?)",
            (submission.id, time.time(), submission.stage.value, submission.state.value, text),
        )

    def _open(self, busy_seconds: float) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._connect(busy_seconds)
        except _Unusable as error:
            aside = self.path.with_name(f"{self.path.stem}-set-aside-{time.strftime('%Y%m%d-%H%M%S')}.sqlite3")
            self._set_aside(aside)
            raise LocalProblem(
                f"Farmhand's list of submissions {error}.",
                f"It was set aside as {aside.name}; running renders go on at the service and frames already here stay.",
                "Try again: Farmhand starts a new list. Keep the old file if you want it looked at.",
            ) from error

    def _connect(self, busy_seconds: float) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=busy_seconds, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            self._migrate(db)
        except sqlite3.DatabaseError as error:
            db.close()
            if isinstance(error, sqlite3.OperationalError):
                raise LocalProblem(
                    f"Farmhand's list of submissions cannot be opened ({error}).",
                    "Nothing was changed.",
                    "Check that the user folder exists, is writable and has free space.",
                ) from error
            raise _Unusable("cannot be read: the file is damaged") from error
        except _Unusable:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA_VERSION:
            raise _Unusable("was written by a newer Farmhand")
        if found == 0:
            db.execute("BEGIN IMMEDIATE")
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            db.execute("COMMIT")

    def _set_aside(self, aside: Path) -> None:
        for suffix in ("", "-wal", "-shm"):
            old = self.path.with_name(self.path.name + suffix)
            if old.exists():
                os.replace(old, aside.with_name(aside.name + suffix))


class _Unusable(Exception):
    """The journal's file is damaged or from the future."""


def _submission(row: sqlite3.Row) -> Submission:
    values = dict(row)
    problem = values.pop("problem")
    values.update(
        stage=Stage(values["stage"]), state=State(values["state"]), needs_confirm=bool(values["needs_confirm"])
    )
    return Submission(**values, problem=Problem(**json.loads(problem)) if problem else None)
