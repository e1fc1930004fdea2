"""The results of jobs in the database: the files of frames, and movies of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from sqlite3 import Row
from typing import Any

from .database import Database, marks
from .job_status import COMPLETED
from .records import OutputRecord

VIDEO = "video.mp4"
"""The movie's name among the job's objects."""


def of_first_view(outputs: Iterable[OutputRecord]) -> list[OutputRecord]:
    """The frames that a movie shows, in order; of a stereo scene those of its first view."""
    frames = [each for each in outputs if each.node is None]
    return [each for each in frames if each.view == frames[0].view]


def _names(written: str | None) -> tuple[str, ...] | None:
    return None if written is None else tuple(json.loads(written))


class Outputs:
    """The store's part for outputs."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_job(self, job_id: str) -> list[OutputRecord]:
        """A job's files, in the order of frames."""
        return self.read(job_id)()

    def read(self, job_id: str, most: int | None = None) -> Callable[[], list[OutputRecord]]:
        """Read the rows in a thread, and build the same from them: for a long job this takes a while.

        most: only so many of the first and of the last files, None for all.
        """
        if most is None or self.count(job_id) <= 2 * most:
            rows = self._rows(job_id, "frame, relative_path", -1)
        else:
            last = self._rows(job_id, "frame DESC, relative_path DESC", most)
            rows = [*self._rows(job_id, "frame, relative_path", most), *reversed(last)]
        return lambda: [OutputRecord(**{**row, "unreadable": _names(row["unreadable"])}) for row in rows]

    def count(self, job_id: str) -> int:
        """The number of a job's files."""
        return self._db.number("SELECT count(*) FROM outputs WHERE job_id = ?", (job_id,))

    def _rows(self, job_id: str, order: str, limit: int) -> list[Row]:
        return self._db.execute(
            "SELECT frame, relative_path, view, node, bytes, sha256, file_name, crc32, unreadable FROM outputs "
            f"WHERE job_id = ? ORDER BY {order} LIMIT ?",
            (job_id, limit),
        ).fetchall()

    def put(self, job_id: str, frame: int, new: OutputRecord) -> int:
        """Record a file, within a transaction of the caller.

        Args:
            new: replaces one with the same path.

        Returns:
            By how many bytes the job grew; negative if the replaced file was larger.
        """
        before = self._db.number(
            "SELECT bytes FROM outputs WHERE job_id = ? AND relative_path = ?", (job_id, new.relative_path)
        )
        self._db.execute(
            "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(job_id, frame, new.relative_path, new.view, new.node, new.bytes, new.sha256, new.file_name),
                *(new.crc32, None if new.unreadable is None else json.dumps(new.unreadable)),
            ),
        )
        return new.bytes - before

    def lost(self, job_id: str, paths: Iterable[str], reason: str, limit: int) -> None:
        """Record that files are gone: their frames are rendered again, or are set aside after that many attempts.

        Args:
            paths: of the files that are gone, below the job's folder.
            reason: a sentence for people.
            limit: attempts of a frame.
        """
        with self._db.write():
            for path in paths:
                row = self._db.execute(
                    "SELECT frame FROM outputs WHERE job_id = ? AND relative_path = ?", (job_id, path)
                ).fetchone()
                if row is not None:  # else another file of its frame was gone too
                    self._frame_lost(job_id, row["frame"], reason, limit)

    def _frame_lost(self, job_id: str, frame: int, reason: str, limit: int) -> None:
        own = (job_id, frame)
        self._db.execute(
            "UPDATE jobs SET output_bytes = output_bytes - "
            "(SELECT sum(bytes) FROM outputs WHERE job_id = ? AND frame = ?), render_seconds = render_seconds - "
            "(SELECT coalesce(max(seconds), 0) FROM frames WHERE job_id = ? AND frame = ?) WHERE id = ?",
            (*own, *own, job_id),
        )
        self._db.execute("DELETE FROM outputs WHERE job_id = ? AND frame = ?", own)
        self._db.execute(
            "UPDATE frames SET seconds = NULL, attempts = attempts + 1, reason = ?, "
            "state = CASE WHEN attempts + 1 >= ? THEN 'failed' ELSE 'pending' END WHERE job_id = ? AND frame = ?",
            (reason, limit, *own),
        )

    def set_checksums(self, job_id: str, outputs: Iterable[OutputRecord]) -> None:
        """Record checksums that were missing."""
        with self._db.write():
            for each in outputs:
                self._db.execute(
                    "UPDATE outputs SET crc32 = ? WHERE job_id = ? AND relative_path = ?",
                    (each.crc32, job_id, each.relative_path),
                )

    def next_without_video(self, last: Collection[str] = ()) -> str | None:
        """The id of the completed job that has waited longest for its movie. last: only where there is no other."""
        row = self._db.execute(
            "SELECT id FROM jobs WHERE status = ? AND video IS NULL AND NOT is_deleted "
            f"ORDER BY id IN ({marks(tuple(last))}), updated LIMIT 1",
            (COMPLETED, *last),
        ).fetchone()
        return str(row["id"]) if row else None

    def set_video(self, job_id: str, video: dict[str, Any]) -> None:
        """Record the result of making a movie, as in JobRecord; the time of the job's completion is unchanged."""
        with self._db.write():
            self._db.execute(
                "UPDATE jobs SET video = ?, output_bytes = output_bytes + ? WHERE id = ?",
                (json.dumps(video), video.get("bytes", 0), job_id),
            )
