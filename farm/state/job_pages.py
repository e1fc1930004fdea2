"""The list of jobs, page by page, newest first: as fast with a hundred thousand jobs as with ten."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from .database import BLOCK, Database
from .records import JobRecord, Upload

JSON_COLUMNS = ("requested", "config", "final", "analysis", "video")
MOST_LISTED = 32 * 1024
"""Characters of one detail of a job in a list. A job alone is told with all of them."""
_TRUTH_COLUMNS = ("is_deleted", "is_paused", "ends_first", "same_device")
_DETAILS = ("requested", "final", "analysis")
_UPLOAD_COLUMNS = ("slug", "file_name", "file_type", "expires", "bytes")
_FROM_UPLOAD = ", ".join(f"uploads.{name} AS upload_{name}" for name in _UPLOAD_COLUMNS)
_WITH_UPLOADS = f"SELECT jobs.*, {_FROM_UPLOAD} FROM jobs JOIN uploads ON uploads.slug = jobs.slug"


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job and its upload, without parsing what is stored as JSON.

    job: with None for all JSON fields. details: requested, final and analysis as JSON text, without those that are
    missing or longer than MOST_LISTED. has_analysis: whether there is one, however long.
    """

    job: JobRecord
    upload: Upload
    details: dict[str, str]
    has_analysis: bool


@dataclass(frozen=True, slots=True)
class PageOfJobs:
    """number: from 1, the newest jobs first. size: jobs on a page. status, workspace_id: of the jobs, None for any."""

    number: int
    size: int
    status: str | None = None
    workspace_id: str | None = None


class JobPages:
    """Pages of one farm's jobs. workspace_id, status: None for all of them.

    The database also stores how many jobs of each kind are in each block of numbers: these counts show in which block
    a page begins, however many jobs precede it, and how many there are in all.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def records(self, page: PageOfJobs) -> tuple[list[JobRecord], int]:
        """The jobs of a page, and the number of jobs on all pages."""
        rows, total = self._rows("SELECT * FROM jobs", page)
        return [job_record(row) for row in rows], total

    def listed(self, page: PageOfJobs) -> tuple[list[ListedJob], int]:
        """The same for long lists."""
        rows, total = self._rows(_WITH_UPLOADS, page)
        return [_listed(row) for row in rows], total

    def count(self, status: str | None = None, *, workspace_id: str | None = None) -> int:
        """How many jobs there are."""
        where, values = _filter(status, workspace_id)
        return self._db.number(f"SELECT sum(jobs) FROM job_counts {where}", values)

    def _rows(self, statement: str, page: PageOfJobs) -> tuple[list[sqlite3.Row], int]:
        """A page's rows, and how many jobs there are in all."""
        where, values = _filter(page.status, page.workspace_id)
        blocks = self._db.execute(
            f"SELECT block, sum(jobs) FROM job_counts {where} GROUP BY block ORDER BY block DESC", values
        ).fetchall()
        total, skipped = sum(jobs for _, jobs in blocks), (page.number - 1) * page.size
        for block, jobs in blocks:
            if skipped < jobs:
                return self._rows_from(statement, where, values, block, skipped, page.size), total
            skipped -= jobs
        return [], total

    def _rows_from(
        self, statement: str, where: str, values: tuple[str, ...], block: int, skipped: int, count: int
    ) -> list[sqlite3.Row]:
        """So many rows, downward from a block, after the skipped ones."""
        narrowed = f"{where} AND" if where else "WHERE"
        # Skipped rows are counted in an index; only the page's own rows are read.
        numbers = f"SELECT number FROM jobs {narrowed} number < ? ORDER BY number DESC LIMIT ? OFFSET ?"
        given = (*values, (block + 1) * BLOCK, count, skipped)
        return self._db.execute(f"{statement} WHERE number IN ({numbers}) ORDER BY number DESC", given).fetchall()


def job_record(row: sqlite3.Row) -> JobRecord:
    """A job from its row in the database."""
    values = dict(row)
    for name in JSON_COLUMNS:
        values[name] = json.loads(values[name]) if values[name] else None
    return _with_truths(values)


def _listed(row: sqlite3.Row) -> ListedJob:
    values = dict(row)
    upload = {name: values.pop(f"upload_{name}") for name in _UPLOAD_COLUMNS}
    details = {name: text for name in _DETAILS if (text := values[name]) and len(text) <= MOST_LISTED}
    job = _with_truths(values | dict.fromkeys(JSON_COLUMNS))
    has_analysis = values["analysis"] not in (None, "null", "{}")
    return ListedJob(job, Upload(**upload, workspace_id=job.workspace_id), details, has_analysis)


def _with_truths(values: dict[str, Any]) -> JobRecord:
    for name in _TRUTH_COLUMNS:
        values[name] = bool(values[name])
    return JobRecord(**values)


def _filter(status: str | None, workspace_id: str | None) -> tuple[str, tuple[str, ...]]:
    """A WHERE clause, or "" for all jobs, and its values."""
    wanted = {"workspace_id": workspace_id, "status": status}
    given = {name: value for name, value in wanted.items() if value is not None}
    return "WHERE " + " AND ".join(f"{name} = ?" for name in given) if given else "", tuple(given.values())
