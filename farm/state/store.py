"""The farm's durable state: uploads, jobs, frames and outputs in SQLite (WAL).

Used only in the event loop's thread. Every call is one short transaction; after a kill between two of them, `recover`
can continue.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ...client import frame_ranges
from .. import plain_json
from .database import Database, marks
from .files.files_in_use import FilesInUse
from .job_pages import JSON_COLUMNS, JobPages, job_record
from .job_status import BOOTING, CREATED, FAILED, FINALIZING, RENDERING, RUNNING, VALIDATING, may_become
from .outputs import Outputs
from .records import Counts, DeliveryRecord, JobRecord, OutputRecord, Upload, now

_MOST_ITEMS = frame_ranges.MAX_FRAMES
"""What a worker tells is cut before; a list of frames is never to be."""


class Store:
    """An open store; one per farm. Raises CannotStart if the file is damaged or of a newer farm."""

    def __init__(self, path: Path) -> None:
        self.pause_reason = ""
        """Why nothing is rendered although frames wait, "" for nothing."""
        self.waits_for: dict[str, str] = {}
        """The same for single jobs, by their ids."""
        self.files_in_use = FilesInUse()
        self._db = Database(path)
        self.workspace_id = self._db.workspace_id
        self.outputs = Outputs(self._db)
        self.pages = JobPages(self._db)

    @property
    def database(self) -> Database:
        """The database, for other records of the farm: keys, workspaces."""
        return self._db

    @property
    def mark(self) -> tuple[object, ...]:
        """A value that changes whenever anything has changed."""
        return self._db.connection.total_changes, self.pause_reason, *self.waits_for.items()

    def close(self) -> None:
        self._db.close()

    def recover(self) -> list[JobRecord]:
        """Reset the unfinished work of an earlier farm. Returns the jobs to resume, oldest first."""
        with self._db.write():
            self._db.execute("UPDATE frames SET state = 'pending' WHERE state = 'rendering'")
        unfinished = (VALIDATING, BOOTING, RENDERING, FINALIZING)
        rows = self._db.execute(f"SELECT * FROM jobs WHERE status IN ({marks(unfinished)}) ORDER BY number", unfinished)
        return [job_record(row) for row in rows]

    # Uploads

    def add_upload(self, upload: Upload) -> None:
        with self._db.write():
            self._db.execute(
                "INSERT INTO uploads (slug, file_name, file_type, expires, workspace_id) VALUES (?, ?, ?, ?, ?)",
                (
                    upload.slug,
                    upload.file_name,
                    upload.file_type,
                    upload.expires,
                    upload.workspace_id or self.workspace_id,
                ),
            )

    def upload(self, slug: str) -> Upload | None:
        row = self._db.execute("SELECT * FROM uploads WHERE slug = ?", (slug,)).fetchone()
        return Upload(**row) if row else None

    def set_uploaded(self, slug: str, size: int) -> None:
        with self._db.write():
            self._db.execute("UPDATE uploads SET bytes = ? WHERE slug = ?", (size, slug))

    # Jobs

    def create_job(self, slug: str) -> JobRecord:
        """Create a job in the workspace of its upload."""
        job_id, moment = str(uuid.uuid4()), now()
        with self._db.write():
            self._db.execute(
                "INSERT INTO jobs (id, status, slug, workspace_id, created, updated) "
                "SELECT ?, ?, slug, workspace_id, ?, ? FROM uploads WHERE slug = ?",
                (job_id, CREATED, moment, moment, slug),
            )
        return self.get(job_id)

    def job(self, job_id: str) -> JobRecord | None:
        row = self._db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return job_record(row) if row else None

    def standing(self, job_id: str) -> tuple[object, ...]:
        """A value that changes with the job's status, its finished or failed frames, or what it waits for. Reads none
        of its details, which may be long."""
        row = self._db.execute(
            "SELECT status, updated, render_seconds, output_bytes, is_paused FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        return *(row or ()), self.pause_reason, self.waits_for.get(job_id)

    def get(self, job_id: str) -> JobRecord:
        """A job, which must exist."""
        job = self.job(job_id)
        assert job is not None
        return job

    def running(self, workspace_id: str | None = None) -> list[JobRecord]:
        rows = self._db.execute(f"SELECT * FROM jobs WHERE status IN ({marks(RUNNING)}) ORDER BY number", RUNNING)
        return [job for job in map(job_record, rows) if workspace_id in (None, job.workspace_id)]

    def move(self, job_id: str, status: str, *, event: str = "", **changes: Any) -> JobRecord | None:
        """Give a job a new status, with other changes, in one commit: the webhook is sent even if the farm then dies.

        Args:
            status: the new one.
            event: a webhook to deliver from then on, "" for none.
            changes: other fields of the record.

        Returns:
            The job as it is now; None if this transition is not allowed.
        """
        with self._db.write():
            job = self.job(job_id)
            if job is None or not may_become(job.status, status):
                return None
            self._change(job_id, {"status": status, **changes})
            if event:
                self._db.execute(
                    "INSERT OR IGNORE INTO deliveries (job_id, event, due) VALUES (?, ?, ?)", (job_id, event, now())
                )
        return self.get(job_id)

    def retry(self, job_id: str) -> bool:
        """Continue a job that failed while rendering: its failed frames get all their attempts again.

        Returns whether there is such a job, and its files still exist.
        """
        with self._db.write():
            job = self.job(job_id)
            if job is None or job.status != FAILED or job.config is None or job.is_deleted:
                return False
            self._db.execute(
                "UPDATE frames SET state = 'pending', attempts = 0, reason = '' "
                "WHERE job_id = ? AND state IN ('failed', 'rendering')",
                (job_id,),
            )
            self._change(job_id, {"status": BOOTING, "failed_name": "", "failed_type": ""})
        return True

    def change(self, job_id: str, **changes: Any) -> None:
        with self._db.write():
            self._change(job_id, changes)

    # Frames

    def add_frames(self, job_id: str, frames: Iterable[int]) -> None:
        with self._db.write():
            self._db.connection.executemany(
                "INSERT OR IGNORE INTO frames (job_id, frame, state) VALUES (?, ?, 'pending')",
                ((job_id, frame) for frame in frames),
            )

    def lease(self, job_id: str, wanted: Sequence[int] = ()) -> int | None:
        """The next frame to render, marked as taken: one of those wanted, else the first of those tried least."""
        with self._db.write():
            frame = next((each for each in wanted if self._is_untried(job_id, each)), None)
            if frame is None:
                row = self._db.execute(
                    "SELECT frame FROM frames WHERE job_id = ? AND state = 'pending' ORDER BY attempts, frame LIMIT 1",
                    (job_id,),
                ).fetchone()
                if row is None:
                    return None
                frame = int(row["frame"])
            self._set_frame(job_id, frame, state="rendering")
        return frame

    def ends(self, job_id: str) -> tuple[int, ...]:
        """The first, middle and last frame of a job; fewer when it has fewer."""
        total = self._db.number("SELECT count(*) FROM frames WHERE job_id = ?", (job_id,))
        places = dict.fromkeys((0, total // 2, total - 1)) if total else {}
        statement = "SELECT frame FROM frames WHERE job_id = ? ORDER BY frame LIMIT 1 OFFSET ?"
        return tuple(self._db.number(statement, (job_id, place)) for place in places)

    def give_back(self, job_id: str, frame: int) -> None:
        """Undo a lease without counting an attempt."""
        with self._db.write():
            self._set_frame(job_id, frame, state="pending")

    def finish_frame(
        self,
        job_id: str,
        frame: int,
        seconds: float,
        outputs: Sequence[OutputRecord],
        node: str = "",
        device: str = "",
        preview: str = "",
    ) -> None:
        """Record a frame and its files, all or nothing, so that no frame is repeated because only a part was recorded.

        Args:
            seconds: of the render.
            outputs: its files.
            node, device: what rendered it, "" on the farm's own computer.
            preview: the key of the job's new preview, "" for none.
        """
        done = {"state": "completed", "seconds": seconds, "reason": "", "node": node, "device": device}
        with self._db.write():
            self._set_frame(job_id, frame, **done)
            added = sum(self.outputs.put(job_id, frame, output) for output in outputs)
            self._db.execute(
                "UPDATE jobs SET render_seconds = render_seconds + ?, output_bytes = output_bytes + ?, updated = ?, "
                "preview = coalesce(nullif(?, ''), preview) WHERE id = ?",
                (seconds, added, now(), preview, job_id),
            )

    def fail_attempt(self, job_id: str, frame: int, reason: str, limit: int, *, is_still_taken: bool = False) -> bool:
        """Count an attempt that failed.

        Args:
            reason: a sentence for people.
            limit: attempts that a frame is given.
            is_still_taken: not to be given out again: other parts of it are being rendered, or it is retried at once.

        Returns:
            Whether the frame is now set aside.
        """
        with self._db.write():
            row = self._db.execute(
                "UPDATE frames SET attempts = attempts + 1, reason = ?, "
                "state = CASE WHEN attempts + 1 >= ? THEN 'failed' ELSE ? END "
                "WHERE job_id = ? AND frame = ? RETURNING state",
                (reason, limit, "rendering" if is_still_taken else "pending", job_id, frame),
            ).fetchone()
            self._change(job_id, {})
        return bool(row["state"] == "failed")

    def has_open_frames(self, job_id: str) -> bool:
        """Whether frames are waiting or being rendered. Fast however many there are."""
        return any(
            self._db.execute("SELECT 1 FROM frames WHERE job_id = ? AND state = ? LIMIT 1", (job_id, state)).fetchone()
            for state in ("pending", "rendering")
        )

    def counts(self, job_id: str) -> Counts:
        states = dict(
            self._db.execute("SELECT state, count(*) FROM frames WHERE job_id = ? GROUP BY state", (job_id,)).fetchall()
        )
        by_state = [states.get(state, 0) for state in ("pending", "rendering", "completed", "failed")]
        return Counts(sum(by_state), *by_state)

    def slowest_frame(self, job_id: str) -> float:
        """Seconds that the slowest of the job's finished frames took, 0 for none."""
        found = self._db.execute("SELECT max(seconds) FROM frames WHERE job_id = ? AND state = 'completed'", (job_id,))
        return float(found.fetchone()[0] or 0.0)

    def device_of(self, job_id: str) -> str:
        """The kind of device that rendered the job's first finished frame, "" for none."""
        row = self._db.execute(
            "SELECT device FROM frames WHERE job_id = ? AND state = 'completed' ORDER BY attempts, frame LIMIT 1",
            (job_id,),
        ).fetchone()
        return row["device"] if row else ""

    def failed_frames(self, job_id: str, most: int = -1) -> list[tuple[int, str]]:
        """Frames set aside, each with the reason of its last attempt. most: limit, -1 for all."""
        rows = self._db.execute(
            "SELECT frame, reason FROM frames WHERE job_id = ? AND state = 'failed' ORDER BY frame LIMIT ?",
            (job_id, most),
        )
        return [(row["frame"], row["reason"]) for row in rows]

    def most_attempts(self, job_id: str) -> int:
        """The highest number of attempts among the frames that are set aside."""
        return self._db.number("SELECT max(attempts) FROM frames WHERE job_id = ? AND state = 'failed'", (job_id,))

    # Links

    def links_given(self, job_id: str, until: float) -> None:
        """Record that links to a job's frames were given out that are valid until then."""
        with self._db.write():
            self._db.execute("UPDATE jobs SET links_until = ? WHERE id = ?", (until, job_id))

    # Webhook deliveries

    def next_delivery(self) -> DeliveryRecord | None:
        """The one that is due first."""
        row = self._db.execute("SELECT job_id, event, attempts, due FROM deliveries ORDER BY due LIMIT 1").fetchone()
        return DeliveryRecord(**row) if row else None

    def postpone_delivery(self, job_id: str, event: str, due: float) -> None:
        """Count a failed delivery of a webhook, and set the time of the next attempt.

        Args:
            job_id, event: which one.
            due: Unix seconds.
        """
        with self._db.write():
            self._db.execute(
                "UPDATE deliveries SET attempts = attempts + 1, due = ? WHERE job_id = ? AND event = ?",
                (due, job_id, event),
            )

    def drop_delivery(self, job_id: str, event: str) -> None:
        with self._db.write():
            self._db.execute("DELETE FROM deliveries WHERE job_id = ? AND event = ?", (job_id, event))

    # Inside

    def _change(self, job_id: str, changes: dict[str, Any]) -> None:
        values = {
            **{
                name: json.dumps(plain_json.cleaned(value, max_items=_MOST_ITEMS)) if name in JSON_COLUMNS else value
                for name, value in changes.items()
            },
            "updated": now(),
        }
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        self._db.execute(f"UPDATE jobs SET {assignments} WHERE id = :id", {**values, "id": job_id})

    def _is_untried(self, job_id: str, frame: int) -> bool:
        return bool(
            self._db.execute(
                "SELECT 1 FROM frames WHERE job_id = ? AND frame = ? AND state = 'pending' AND attempts = 0",
                (job_id, frame),
            ).fetchone()
        )

    def _set_frame(self, job_id: str, frame: int, **changes: Any) -> None:
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        self._db.execute(
            f"UPDATE frames SET {assignments} WHERE job_id = :job_id AND frame = :frame",
            {**changes, "job_id": job_id, "frame": frame},
        )
