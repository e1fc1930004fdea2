"""The frames of a job one by one: the state of each, and which computer rendered it."""

from __future__ import annotations

from dataclasses import dataclass

from .database import Database


@dataclass(frozen=True, slots=True)
class FrameLine:
    """One frame. attempts: that failed. reason: of the last one. node, device: what rendered it, or ""."""

    frame: int
    state: str
    attempts: int
    seconds: float | None
    reason: str
    node: str
    device: str


@dataclass(frozen=True, slots=True)
class NodeShare:
    """One computer's share of a job."""

    node: str
    device: str
    frames: int
    seconds: float


class FrameLines:
    """Reads of one farm's state."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_job(self, job_id: str, after: int | None, limit: int) -> list[FrameLine]:
        """A job's frames in order, without the farm's internal fields.

        Args:
            after: the last frame number of the previous page; None for the first.
            limit: maximum number of frames.
        """
        beyond, values = ("AND frame > ?", (after,)) if after is not None else ("", ())
        rows = self._db.execute(
            "SELECT frame, state, attempts, seconds, reason, node, device FROM frames "
            f"WHERE job_id = ? {beyond} ORDER BY frame LIMIT ?",
            (job_id, *values, limit),
        )
        return [FrameLine(**row) for row in rows]

    def shares(self, job_id: str) -> list[NodeShare]:
        """What each node rendered of a job, most frames first; empty on a farm without nodes."""
        rows = self._db.execute(
            "SELECT node, device, count(*) AS frames, sum(seconds) AS seconds FROM frames "
            "WHERE job_id = ? AND state = 'completed' AND node <> '' GROUP BY node, device ORDER BY 3 DESC, 1, 2",
            (job_id,),
        )
        return [NodeShare(**row) for row in rows]
