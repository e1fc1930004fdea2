"""The journal's file: opened, migrated to the current schema, and set aside if it cannot be used. Never deleted.

Standard library only.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from itertools import count
from pathlib import Path

from ...client import files
from ...client.errors import LocalProblem
from ...client.message import Message, msg
from ..private_folder import make_private
from ..process.file_lock import Lock

# A note, a text or a reason is a Message: JSON with its template and values, or a text without values, which is also
# what versions before 0.2 wrote.
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
# Tables added later: versions that do not know them ignore them, so the schema's number stays.
_LATER = """
CREATE TABLE IF NOT EXISTS frame_times (
    submission_id TEXT NOT NULL REFERENCES submissions (id) ON DELETE CASCADE, name TEXT NOT NULL,
    modified_ns INTEGER NOT NULL, PRIMARY KEY (submission_id, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS computers (
    submission_id TEXT PRIMARY KEY REFERENCES submissions (id) ON DELETE CASCADE, computer TEXT NOT NULL,
    name TEXT NOT NULL
) WITHOUT ROWID;
"""
_ASIDE_SECONDS = 5.0
_NO_HARM = msg("Running renders continue on the server, and downloaded frames are kept.")
_A_NEW_LIST = msg("Try again; Farmhand will create a new list.")
DAMAGED = msg("Farmhand's job list cannot be read because the file is damaged.")

Identity = tuple[int, int]
"""Tells a file from a later one with the same name."""


class JournalLost(LocalProblem):
    """The journal is no longer in its place: a new one will be created, and this connection is unusable."""


class Damaged(Exception):
    """The file holds something that Farmhand never writes."""


def open_file(path: Path, busy_seconds: float) -> tuple[sqlite3.Connection, Identity | None]:
    """A connection to the journal, created if missing, and the file's identity.

    Raises LocalProblem; a file that is damaged or newer than we are is set aside.
    """
    try:
        make_private(path.parent)
    except OSError as error:
        raise _not_to_be_opened(error) from error
    before = identity_of(path)
    try:
        db = _connect(path, busy_seconds)
    except _Unusable as error:
        raise set_aside(path, before or identity_of(path), Message.from_error(error)) from error
    return db, before or identity_of(path)


def identity_of(path: Path) -> Identity | None:
    """Identifies the file at this path, if any."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_damage(error: Exception) -> bool:
    """Whether the file itself is damaged, so that neither waiting nor free space helps."""
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", None) is None  # Python's own: invalid text
    return isinstance(error, Damaged) or type(error) is sqlite3.DatabaseError


def set_aside(path: Path, seen: Identity | None, what: str) -> JournalLost:
    """Move the file that was seen out of the way, unless another process has done so.

    Args:
        path: the journal.
        seen: the file that cannot be used.
        what: why, for the message.

    Returns:
        The error to raise: it says what became of the file.
    """
    try:
        lock = Lock(path.with_name(f"{path.stem}-set-aside.lock"))
        if not lock.acquire(_ASIDE_SECONDS):
            raise BlockingIOError(errno.EBUSY, os.strerror(errno.EBUSY))
        try:
            aside = _move(path) if seen is not None and identity_of(path) == seen else None
        finally:
            lock.release()
    except OSError as error:
        return JournalLost(
            what,
            msg(
                "It could not be moved aside ({reason}). Running renders continue on the server.",
                reason=error.strerror,
            ),
            "Close Blender and all farmhand commands, then try again.",
        )
    if aside is None:
        return JournalLost(what, _NO_HARM, _A_NEW_LIST)
    return JournalLost(
        what,
        msg(
            "It was moved to {name}. Running renders continue on the server, and downloaded frames are kept.",
            name=aside.name,
        ),
        "Try again; Farmhand will create a new list. Keep the old file if you want to report the problem.",
    )


def moved() -> JournalLost:
    """The error when another file, or none, is in the journal's place."""
    return JournalLost("Farmhand's job list was moved or deleted.", _NO_HARM, _A_NEW_LIST)


def unreadable(error: Exception) -> LocalProblem:
    """The error when it cannot be read."""
    return LocalProblem(
        msg("Farmhand's job list cannot be read ({reason}).", reason=error),
        "Nothing is lost, and running renders continue on the server.",
        "Try again in a moment. If the error persists, check that the user folder is readable.",
    )


def unwritable(error: Exception) -> LocalProblem:
    """The error when it cannot be written."""
    return LocalProblem(
        msg("Farmhand's job list cannot be written ({reason}).", reason=error),
        "Progress so far is kept, and a running render continues on the server.",
        "Try again in a moment. If the error persists, check whether the disk is full or the user folder is read-only.",
    )


class _Unusable(Exception):
    """The journal's file is damaged or from a newer version."""


def _move(path: Path) -> Path:
    """Move the -wal and -shm files first: a new journal must not find the old ones, nor lose its own to us."""
    aside = _free_name(path)
    done = list[tuple[Path, Path]]()
    try:
        for suffix in ("-wal", "-shm", ""):
            old, new = (one.with_name(one.name + suffix) for one in (path, aside))
            if old.exists():
                files.rename(old, new)
                done.append((old, new))
    except OSError:
        for old, new in done:
            files.rename(new, old)
        raise
    return aside


def _free_name(path: Path) -> Path:
    stem = f"{path.stem}-set-aside-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    places = (path.with_name(f"{name}.sqlite3") for name in names)
    return next(one for one in places if not any(one.with_name(one.name + x).exists() for x in ("", "-wal", "-shm")))


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise _not_to_be_opened(error) from error
    db.row_factory = sqlite3.Row
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        _migrate(db)
    except sqlite3.DatabaseError as error:
        db.close()
        if is_damage(error):
            raise _Unusable(DAMAGED) from error
        raise _not_to_be_opened(error) from error
    except _Unusable:
        db.close()
        raise
    return db


def _not_to_be_opened(error: Exception) -> LocalProblem:
    return LocalProblem(
        msg("Farmhand's job list cannot be opened ({reason}).", reason=error),
        "Nothing was changed.",
        "Check that the user folder exists, is writable and has free space.",
    )


def _migrate(db: sqlite3.Connection) -> None:
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise _Unusable(msg("Farmhand's job list was created by a newer version of Farmhand."))
    if found == 0:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    for statement in _LATER.split(";"):
        db.execute(statement)
