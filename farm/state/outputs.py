"""What came of jobs, as the farm remembers it: the files of frames, and movies of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .database import Database
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
    """A part of the store."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_job(self, job_id: str) -> list[OutputRecord]:
        """In the order of frames."""
        rows = self._db.execute(
            "SELECT frame, relative_path, view, node, bytes, sha256, file_name, crc32, unreadable FROM outputs "
            "WHERE job_id = ? ORDER BY frame, relative_path",
            (job_id,),
        )
        return [OutputRecord(**{**row, "unreadable": _names(row["unreadable"])}) for row in rows]

    def put(self, job_id: str, frame: int, new: OutputRecord) -> int:
        """Within a transaction of the caller. Returns how many bytes more the job has with it."""
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

    def set_checksums(self, job_id: str, outputs: Iterable[OutputRecord]) -> None:
        """Keep checksums that were missing."""
        with self._db.write():
            for each in outputs:
                self._db.execute(
                    "UPDATE outputs SET crc32 = ? WHERE job_id = ? AND relative_path = ?",
                    (each.crc32, job_id, each.relative_path),
                )

    def next_without_video(self) -> str | None:
        """The id of the completed job that has waited longest for its movie."""
        row = self._db.execute(
            "SELECT id FROM jobs WHERE status = ? AND video IS NULL AND NOT is_deleted ORDER BY updated LIMIT 1",
            (COMPLETED,),
        ).fetchone()
        return str(row["id"]) if row else None

    def set_video(self, job_id: str, video: dict[str, Any]) -> None:
        """Keep what came of making a movie, as in JobRecord; the job was completed when it was, not now."""
        with self._db.write():
            self._db.execute(
                "UPDATE jobs SET video = ?, output_bytes = output_bytes + ? WHERE id = ?",
                (json.dumps(video), video.get("bytes", 0), job_id),
            )
