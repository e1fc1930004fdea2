"""A farm at a glance: jobs with their progress. For the API, a page, the metrics."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from .database import marks
from .job_status import STATUSES
from .store import Store

_LINES = """
SELECT jobs.id, jobs.workspace_id, coalesce(workspaces.name, '') AS workspace, file_name, status, priority, is_paused,
    ends_first, same_device, jobs.created, updated, render_seconds, output_bytes, failed_name AS failed,
    (SELECT count(*) FROM frames WHERE job_id = jobs.id) AS frames_total,
    (SELECT count(*) FROM frames WHERE job_id = jobs.id AND state = 'completed') AS frames_completed,
    (SELECT count(*) FROM frames WHERE job_id = jobs.id AND state = 'rendering') AS frames_rendering,
    (SELECT count(*) FROM frames WHERE job_id = jobs.id AND state = 'failed') AS frames_failed
FROM jobs JOIN uploads ON uploads.slug = jobs.slug LEFT JOIN workspaces ON workspaces.id = jobs.workspace_id
"""


@dataclass(frozen=True, slots=True)
class JobSummary:
    """One job. failed: why it failed, "" otherwise. The other members are those of records.JobRecord."""

    id: str
    workspace_id: str
    workspace: str
    file_name: str
    status: str
    priority: int
    is_paused: bool
    ends_first: bool
    same_device: bool
    created: float
    updated: float
    render_seconds: float
    output_bytes: int
    failed: str
    frames_total: int
    frames_completed: int
    frames_rendering: int
    frames_failed: int


class Overview:
    """Reads one farm's state. workspace_id: None for all workspaces, which is for admins."""

    def __init__(self, store: Store) -> None:
        self._db = store.database

    def job(self, job_id: str) -> JobSummary | None:
        row = self._db.execute(f"{_LINES} WHERE jobs.id = ?", (job_id,)).fetchone()
        return _line(row) if row else None

    def jobs(
        self, workspace_id: str | None = None, statuses: tuple[str, ...] = STATUSES, limit: int = 100
    ) -> list[JobSummary]:
        """Jobs, the newest first.

        Args:
            workspace_id: of the jobs; None for all.
            statuses: those to list.
            limit: maximum number of jobs.
        """
        own, values = ("jobs.workspace_id = ? AND", (workspace_id,)) if workspace_id is not None else ("", ())
        rows = self._db.execute(
            f"{_LINES} WHERE {own} status IN ({marks(statuses)}) ORDER BY number DESC LIMIT ?",
            (*values, *statuses, limit),
        )
        return [_line(row) for row in rows]


def _line(row: sqlite3.Row) -> JobSummary:
    truths = {name: bool(row[name]) for name in ("is_paused", "ends_first", "same_device")}
    return JobSummary(**{**row, **truths})
