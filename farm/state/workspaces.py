"""Workspaces, which limit what a key sees. Each has a name, a share of the workers, and quotas."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields

from ..errors import ApiError, CannotStart
from .database import Database, marks
from .job_status import RUNNING, UNFINISHED, VALIDATING
from .records import now

MOST_LINKS = 1000
"""To uploads that are still to come, in a workspace; the farm remembers each."""
BUSY_SECONDS = 60
"""What a client waits that is told to come back once other jobs have finished."""
MOST_JOBS = 500
"""Unfinished jobs at a time in a workspace that people have keys of, until something else is set."""
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Quotas:
    """Each is None for no limit, which the database stores as NULL or 0.

    max_jobs: unfinished ones. max_bytes: of stored uploads and frames, and of unpacked files of unfinished jobs.
    max_frames: that wait or render.
    """

    max_jobs: int | None = None
    max_bytes: int | None = None
    max_frames: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a workspace uses, in the quotas' units."""

    jobs: int
    bytes: int
    frames: int


@dataclass(frozen=True, slots=True)
class Workspace:
    """weight: its share of the workers when several workspaces have work, relative to the others."""

    id: str
    name: str
    weight: float
    quotas: Quotas


class Workspaces:
    """The workspaces of one farm.

    Arriving bytes and frames count from the beginning: two concurrent uploads, or starts, must not exceed a quota that
    each would fit.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._arriving: dict[str, int] = {}
        self._frames_coming: dict[str, int] = {}

    def all(self) -> list[Workspace]:
        """Oldest first."""
        names = [each.name for each in fields(Quotas)]
        return [
            Workspace(row["id"], row["name"], row["weight"], Quotas(**{name: row[name] or None for name in names}))
            for row in self._db.execute("SELECT * FROM workspaces ORDER BY created, name")
        ]

    def get(self, workspace_id: str) -> Workspace:
        return next(each for each in self.all() if each.id == workspace_id)

    def named(self, name: str) -> Workspace:
        """Raises CannotStart if it does not exist."""
        for each in self.all():
            if each.name == name:
                return each
        raise CannotStart(f"Workspace “{name}” not found. Run `farmhand farm workspaces list` to list all workspaces.")

    def find_or_create(self, name: str) -> Workspace:
        with self._db.write():
            self._db.execute(
                "INSERT OR IGNORE INTO workspaces (id, name, created) VALUES (?, ?, ?)",
                (str(uuid.uuid4()), name, now()),
            )
        return self.named(name)

    def share(self, workspace_id: str) -> None:
        """Call when a workspace gets a key: it is limited to MOST_JOBS from now on, unless another limit was set."""
        with self._db.write():
            self._db.execute(
                "UPDATE workspaces SET max_jobs = ? WHERE id = ? AND max_jobs IS NULL", (MOST_JOBS, workspace_id)
            )

    def set(self, workspace_id: str, **changes: float | None) -> Workspace:
        """changes: weight, max_jobs, max_bytes, max_frames; 0 for no limit."""
        assert changes.keys() <= {"weight", *(each.name for each in fields(Quotas))}
        with self._db.write():
            for name, value in changes.items():
                self._db.execute(f"UPDATE workspaces SET {name} = ? WHERE id = ?", (value, workspace_id))
        return self.get(workspace_id)

    def usage(self, workspace_id: str) -> Usage:
        return Usage(self._jobs(workspace_id), self._bytes(workspace_id), self._frames(workspace_id))

    # Quotas

    def check_job(self, workspace_id: str) -> None:
        """Check that there is room for one more job. Raises ApiError (429)."""
        limit = self.get(workspace_id).quotas.max_jobs
        if limit is not None and self._jobs(workspace_id) >= limit:
            raise ApiError(
                429,
                "too_many_jobs",
                f"This workspace may have {limit} unfinished job{'s' if limit != 1 else ''} at a time. "
                "Wait until one has finished, or cancel one.",
                retry_after=BUSY_SECONDS,
            )

    def check_links(self, workspace_id: str) -> None:
        """Check that one more upload link may be given out: few are used at a time. Raises ApiError (429)."""
        waiting = self._db.number(
            "SELECT count(*) FROM uploads WHERE workspace_id = ? AND bytes IS NULL AND expires > ?",
            (workspace_id, now()),
        )
        if waiting >= MOST_LINKS:
            raise ApiError(
                429,
                "too_many_uploads",
                f"This workspace has {waiting} links to uploads that it has not used. "
                "Upload to them, or wait until they expire.",
                retry_after=BUSY_SECONDS,
            )

    def check_bytes(self, workspace_id: str, more: int = 1) -> None:
        """Check that this many more bytes can be stored. Raises ApiError (413)."""
        limit = self.get(workspace_id).quotas.max_bytes
        if limit is None:
            return
        left = max(0, limit - self._bytes(workspace_id) - self._arriving.get(workspace_id, 0))
        if more > left:
            raise ApiError(
                413,
                "workspace_full",
                f"This workspace may keep {limit / _GIB:.3g} GiB on the farm and has {left / _GIB:.3g} GiB left. "
                "Send a smaller package, wait until old jobs are removed, or ask the farm's administrator for more.",
            )

    def claim_unpacked(self, job_id: str, size: int) -> None:
        """Count what a job's zip unpacks to, in bytes, until the job is over. Raises ApiError (413) while its file is
        checked: later, as after an older farm, the job may have rendered for days."""
        row = self._db.execute(
            "SELECT workspace_id, status, unpacked_bytes FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        if row is None or size == row["unpacked_bytes"]:
            return
        if row["status"] == VALIDATING:
            self.check_bytes(row["workspace_id"], size - row["unpacked_bytes"])
        with self._db.write():
            self._db.execute("UPDATE jobs SET unpacked_bytes = ? WHERE id = ?", (size, job_id))

    def check_frames(self, workspace_id: str, more: int) -> None:
        """Check that this many more frames may wait. Raises ApiError (413)."""
        limit = self.get(workspace_id).quotas.max_frames
        if limit is None:
            return
        left = max(0, limit - self._frames(workspace_id))
        if more > left:
            raise ApiError(
                413,
                "too_many_frames",
                f"This workspace may have {limit} unfinished frames at a time; {left} are left and this job has "
                f"{more}. Render fewer frames, or wait until others have finished.",
            )

    def arriving(self, workspace_id: str, more: int) -> None:
        """Count bytes that are arriving; negative once they have arrived or the upload has ended."""
        self._arriving[workspace_id] = self._arriving.get(workspace_id, 0) + more

    def frames_coming(self, workspace_id: str, more: int) -> None:
        """Count frames that will be added to the store; negative once they are."""
        self._frames_coming[workspace_id] = self._frames_coming.get(workspace_id, 0) + more

    def _jobs(self, workspace_id: str) -> int:
        return self._db.number(
            f"SELECT count(*) FROM jobs WHERE workspace_id = ? AND status IN ({marks(UNFINISHED)})",
            (workspace_id, *UNFINISHED),
        )

    def _bytes(self, workspace_id: str) -> int:
        uploads = self._db.number("SELECT sum(bytes) FROM uploads WHERE workspace_id = ?", (workspace_id,))
        outputs = self._db.number(
            "SELECT sum(output_bytes) FROM jobs WHERE workspace_id = ? AND output_bytes > 0", (workspace_id,)
        )
        unpacked = self._db.number(
            f"SELECT sum(unpacked_bytes) FROM jobs WHERE workspace_id = ? AND status IN ({marks(UNFINISHED)})",
            (workspace_id, *UNFINISHED),
        )
        return uploads + outputs + unpacked

    def _frames(self, workspace_id: str) -> int:
        waiting = self._db.number(
            "SELECT count(*) FROM jobs JOIN frames ON job_id = jobs.id "
            f"WHERE workspace_id = ? AND status IN ({marks(RUNNING)}) AND state IN ('pending', 'rendering')",
            (workspace_id, *RUNNING),
        )
        return waiting + self._frames_coming.get(workspace_id, 0)
