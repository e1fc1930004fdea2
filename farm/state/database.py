"""The farm's database: one SQLite file (WAL), its schema, and the migrations of older ones.

The farm uses it only in the event loop's thread, except for long counts; the commands for keys open it while the farm
runs. Every write is one short transaction.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import CannotStart

_FIRST = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE uploads (
    slug TEXT PRIMARY KEY, file_name TEXT NOT NULL, file_type TEXT NOT NULL, expires REAL NOT NULL, bytes INTEGER
);
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
    slug TEXT NOT NULL REFERENCES uploads (slug), workspace_id TEXT NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL, render_seconds REAL NOT NULL DEFAULT 0, preview TEXT NOT NULL DEFAULT '',
    failed_name TEXT NOT NULL DEFAULT '', failed_type TEXT NOT NULL DEFAULT '', requested TEXT, config TEXT, final TEXT,
    analysis TEXT
);
CREATE INDEX jobs_by_status ON jobs (status);
CREATE TABLE frames (
    job_id TEXT NOT NULL, frame INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    seconds REAL, reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (job_id, frame)
) WITHOUT ROWID;
CREATE INDEX frames_by_state ON frames (job_id, state, attempts, frame);
CREATE TABLE outputs (
    job_id TEXT NOT NULL, frame INTEGER NOT NULL, relative_path TEXT NOT NULL, view TEXT, node TEXT,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (job_id, relative_path)
) WITHOUT ROWID;
CREATE TABLE deliveries (
    job_id TEXT NOT NULL, event TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL,
    PRIMARY KEY (job_id, event)
) WITHOUT ROWID;
"""
_REMOVAL = """
ALTER TABLE jobs ADD COLUMN links_until REAL NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;
"""
_WORKSPACES = """
CREATE TABLE workspaces (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL, weight REAL NOT NULL DEFAULT 1,
    max_jobs INTEGER, max_bytes INTEGER, max_frames INTEGER
);
INSERT INTO workspaces (id, name, created)
    SELECT value, 'default', CAST(strftime('%s', 'now') AS REAL) FROM meta WHERE name = 'workspace';
CREATE TABLE keys (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id), role TEXT NOT NULL, created REAL NOT NULL, used REAL,
    revoked REAL
);
ALTER TABLE uploads ADD COLUMN workspace_id TEXT NOT NULL DEFAULT '';
UPDATE uploads SET workspace_id = (SELECT value FROM meta WHERE name = 'workspace');
CREATE INDEX uploads_by_workspace ON uploads (workspace_id, bytes);
ALTER TABLE jobs ADD COLUMN output_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET output_bytes = (SELECT coalesce(sum(bytes), 0) FROM outputs WHERE job_id = jobs.id);
CREATE INDEX jobs_by_workspace ON jobs (workspace_id, number);
CREATE INDEX jobs_by_workspace_status ON jobs (workspace_id, status, number);
CREATE INDEX jobs_by_size ON jobs (workspace_id, output_bytes) WHERE output_bytes > 0;
"""
_WHOLE_OUTPUTS = """
ALTER TABLE outputs ADD COLUMN file_name TEXT NOT NULL DEFAULT '';
ALTER TABLE outputs ADD COLUMN crc32 INTEGER;
ALTER TABLE jobs ADD COLUMN video TEXT;
UPDATE jobs SET video = '{}';
"""
_QUEUE = """
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN is_paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN ends_first INTEGER NOT NULL DEFAULT 0;
"""
_NODES = """
ALTER TABLE jobs ADD COLUMN same_device INTEGER NOT NULL DEFAULT 1;
ALTER TABLE frames ADD COLUMN node TEXT NOT NULL DEFAULT '';
ALTER TABLE frames ADD COLUMN device TEXT NOT NULL DEFAULT '';
CREATE TABLE stopped_nodes (id TEXT PRIMARY KEY, since REAL NOT NULL) WITHOUT ROWID;
"""
_MANY_JOBS = """
CREATE INDEX jobs_without_video ON jobs (status, updated) WHERE video IS NULL;
CREATE TABLE job_counts (
    workspace_id TEXT NOT NULL, status TEXT NOT NULL, jobs INTEGER NOT NULL, PRIMARY KEY (workspace_id, status)
) WITHOUT ROWID;
INSERT INTO job_counts SELECT workspace_id, status, count(*) FROM jobs GROUP BY workspace_id, status;
CREATE TRIGGER job_added AFTER INSERT ON jobs BEGIN
    INSERT INTO job_counts VALUES (new.workspace_id, new.status, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_moved AFTER UPDATE OF status ON jobs WHEN old.status <> new.status BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE workspace_id = old.workspace_id AND status = old.status;
    INSERT INTO job_counts VALUES (new.workspace_id, new.status, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_removed AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE workspace_id = old.workspace_id AND status = old.status;
END;
"""
BLOCK = 500
"""Job numbers that are counted together: a page of the list is found by these counts, see job_pages."""
_JOB_BLOCKS = f"""
DROP TRIGGER job_added;
DROP TRIGGER job_moved;
DROP TRIGGER job_removed;
DROP TABLE job_counts;
CREATE TABLE job_counts (
    workspace_id TEXT NOT NULL, status TEXT NOT NULL, block INTEGER NOT NULL, jobs INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, status, block)
) WITHOUT ROWID;
INSERT INTO job_counts SELECT workspace_id, status, number / {BLOCK}, count(*) FROM jobs GROUP BY 1, 2, 3;
CREATE TRIGGER job_added AFTER INSERT ON jobs BEGIN
    INSERT INTO job_counts VALUES (new.workspace_id, new.status, new.number / {BLOCK}, 1)
        ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_moved AFTER UPDATE OF status ON jobs WHEN old.status <> new.status BEGIN
    UPDATE job_counts SET jobs = jobs - 1
        WHERE workspace_id = old.workspace_id AND status = old.status AND block = old.number / {BLOCK};
    INSERT INTO job_counts VALUES (new.workspace_id, new.status, new.number / {BLOCK}, 1)
        ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    DELETE FROM job_counts
        WHERE workspace_id = old.workspace_id AND status = old.status AND block = old.number / {BLOCK} AND jobs = 0;
END;
CREATE TRIGGER job_removed AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET jobs = jobs - 1
        WHERE workspace_id = old.workspace_id AND status = old.status AND block = old.number / {BLOCK};
END;
"""
_UNREADABLE = "ALTER TABLE outputs ADD COLUMN unreadable TEXT;"
_UNPACKED = "ALTER TABLE jobs ADD COLUMN unpacked_bytes INTEGER NOT NULL DEFAULT 0;"
STEPS = (
    _FIRST, _REMOVAL, _WORKSPACES, _WHOLE_OUTPUTS, _QUEUE, _NODES, _MANY_JOBS, _JOB_BLOCKS, _UNREADABLE, _UNPACKED,
)  # fmt: skip
"""What brings a state from one version to the next; its version is how many of them it has had."""


_CACHE_KIB = 32 * 1024
"""Holds the indexes of some 100,000 jobs."""


class Database:
    """An open database. Raises CannotStart if the file is damaged, or of a newer farm.

    migrate: upgrade an older one, while no farm is using it; if False, an older one raises CannotStart too.
    """

    def __init__(self, path: Path, *, migrate: bool = True) -> None:
        self._path = path
        try:
            self.connection = sqlite3.connect(path, isolation_level=None)
            self.connection.row_factory = sqlite3.Row
            self.workspace_id = self._open(path, migrate)
        except sqlite3.DatabaseError as error:
            if _is_passing(error):
                raise CannotStart(
                    f"The farm's state in {path} cannot be opened now ({error}). Nothing in it is lost. "
                    "Make sure that the disk has free space and that you may write there, and start the farm again."
                ) from error
            raise CannotStart(
                f"The farm's state in {path} is damaged ({error}). Its frames are safe in the folder beside it. "
                "Move the file away and start the farm again; unfinished jobs must be submitted again."
            ) from error

    def close(self) -> None:
        self.connection.close()

    def execute(self, statement: str, arguments: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        return self.connection.execute(statement, arguments)

    def number(self, statement: str, arguments: Sequence[Any] = ()) -> int:
        """The single number that a statement returns, 0 for nothing."""
        row = self.connection.execute(statement, arguments).fetchone()
        return int(row[0] or 0) if row else 0

    def rows_apart(self, statement: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a slow statement, on a separate connection: for threads other than the event loop's."""
        with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(statement, arguments).fetchall()

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # on a full disk, SQLite has already rolled it back
                self.connection.execute("ROLLBACK")
            raise

    def _open(self, path: Path, migrate: bool) -> str:
        """Returns the ID of the first workspace, which the farm's own token belongs to."""
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")
        self.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        version = self.number("PRAGMA user_version")
        if version > len(STEPS):
            raise CannotStart(f"{path} was written by a newer farm. Update Farmhand, or choose another --data folder.")
        steps = list(STEPS[version:])
        if steps and not migrate:
            raise CannotStart(f"An older farm is using {path}. Restart it with this version of Farmhand first.")
        if version == 0:
            steps.insert(1, f"INSERT INTO meta VALUES ('workspace', '{uuid.uuid4()}');")
        if steps:
            self.connection.executescript(f"BEGIN; {''.join(steps)} PRAGMA user_version = {len(STEPS)}; COMMIT;")
        return str(self.execute("SELECT value FROM meta WHERE name = 'workspace'").fetchone()[0])


def _is_passing(error: sqlite3.DatabaseError) -> bool:
    """Whether the cause is the system: a full disk, missing permission, another program. The file itself is intact."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values."""
    return ", ".join("?" * len(values))
