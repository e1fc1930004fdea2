"""Which files the farm removes: those of jobs that finished long ago, or exceed its limit. Marks them in the store."""

from __future__ import annotations

from ..database import Database, marks
from ..job_status import CANCELED, OVER, RUNNING, VALIDATING
from ..records import now
from .files_in_use import FilesInUse


class Retention:
    """Of one farm's database. Keeps files of running jobs, files that are being read, and files with valid links."""

    def __init__(self, database: Database, in_use: FilesInUse) -> None:
        self._db = database
        self._in_use = in_use

    def let_go(self, before: float) -> None:
        """Mark the files of jobs that were last used before then for removal, except those that are in use.

        This cancels a job that waits for its start. An upload is removed when no job needs it any more.
        """
        kept = self._in_use.jobs()
        with self._db.write():
            for (job_id,) in self._db.execute(
                f"UPDATE jobs SET is_deleted = 1, preview = '', output_bytes = 0, "
                f"status = CASE WHEN status IN ({marks(OVER)}) THEN status ELSE ? END "
                f"WHERE NOT is_deleted AND status NOT IN ({marks((VALIDATING, *RUNNING))}) "
                f"AND updated < ? AND links_until < ? AND id NOT IN ({marks(kept)}) RETURNING id",
                (*OVER, CANCELED, VALIDATING, *RUNNING, before, now(), *kept),
            ).fetchall():
                self._forget_files(job_id)
            self._db.execute(
                "UPDATE uploads SET bytes = NULL WHERE bytes IS NOT NULL AND expires < ? "
                "AND slug NOT IN (SELECT slug FROM jobs WHERE NOT is_deleted)",
                (before,),
            )

    def let_go_to_fit(self, limit: int) -> set[str] | None:
        """Mark the files of finished jobs for removal, oldest first, until the total is at most that.

        Returns the slugs of their uploads that are removed too; None if nothing had to be removed.
        """
        kept = self._kept_bytes()
        if kept <= limit:
            return None
        slugs, in_use = set[str](), self._in_use.jobs()
        with self._db.write():
            for row in self._db.execute(
                f"SELECT id, slug, output_bytes FROM jobs WHERE NOT is_deleted AND status IN ({marks(OVER)}) "
                f"AND links_until < ? AND id NOT IN ({marks(in_use)}) ORDER BY updated",
                (*OVER, now(), *in_use),
            ).fetchall():
                if kept <= limit:
                    break
                self._db.execute(
                    "UPDATE jobs SET is_deleted = 1, preview = '', output_bytes = 0 WHERE id = ?", (row["id"],)
                )
                self._forget_files(row["id"])
                freed = self._freed_upload(row["slug"])
                slugs |= {row["slug"]} if freed is not None else set()
                kept -= row["output_bytes"] + (freed or 0)
        return slugs

    def deleted_jobs(self) -> set[str]:
        """Ids of jobs whose files may be removed."""
        return {row["id"] for row in self._db.execute("SELECT id FROM jobs WHERE is_deleted")}

    def deleted_uploads(self, before: float) -> set[str]:
        """Slugs whose files may be removed; an upload that expired later may still be arriving."""
        rows = self._db.execute("SELECT slug FROM uploads WHERE bytes IS NULL AND expires < ?", (before,))
        return {row["slug"] for row in rows}

    def _forget_files(self, job_id: str) -> None:
        self._db.execute("DELETE FROM frames WHERE job_id = ?", (job_id,))
        self._db.execute("DELETE FROM outputs WHERE job_id = ?", (job_id,))

    def _freed_upload(self, slug: str) -> int | None:
        """Mark an upload for removal if no job needs it any more. Returns its bytes; None if it is kept."""
        size = self._db.number("SELECT bytes FROM uploads WHERE slug = ?", (slug,))
        freed = self._db.execute(
            "UPDATE uploads SET bytes = NULL WHERE slug = ? AND bytes IS NOT NULL AND expires < ? "
            "AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.slug = uploads.slug AND NOT is_deleted) RETURNING slug",
            (slug, now()),
        ).fetchone()
        return size if freed else None

    def _kept_bytes(self) -> int:
        uploads = self._db.number("SELECT sum(bytes) FROM uploads")
        return uploads + self._db.number("SELECT sum(output_bytes) FROM jobs WHERE output_bytes > 0")
