"""How long a frame may take: a render that never ends must not block its worker forever."""

from __future__ import annotations

from ...settings import FarmSettings
from ...state.store import Store
from ..backend import LONGEST_FRAME, TOO_SLOW, WorkFailed

FIRST_FRAME = 12 * 3600.0
"""Seconds, while none of the job's frames has shown how long they take."""
LEAST = 2 * 3600.0
TIMES_THE_SLOWEST = 20.0
_ATTEMPTS_TOO_SLOW = 2
"""A frame that took too long does so again, but for a computer that was busy with something else."""


class FrameLimits:
    """The owner's setting; else many times the job's slowest frame so far, with a generous minimum.

    An artist's own files on their own computer have a day for each frame, however fast the others were.
    """

    def __init__(self, settings: FarmSettings, store: Store) -> None:
        self._set = LONGEST_FRAME if settings.own_files and settings.frame_seconds is None else settings.frame_seconds
        self._attempts = settings.attempts
        self._store = store
        self._slowest: dict[str, float] = {}

    def seconds(self, job_id: str) -> float:
        """For the job's next frame."""
        if self._set is not None:
            return self._set
        if job_id not in self._slowest:
            self._slowest[job_id] = self._store.slowest_frame(job_id)
        slowest = self._slowest[job_id]
        return min(LONGEST_FRAME, max(LEAST, TIMES_THE_SLOWEST * slowest)) if slowest else FIRST_FRAME

    def attempts(self, error: WorkFailed) -> int:
        """How often a frame is tried that exceeds its limit."""
        return min(self._attempts, _ATTEMPTS_TOO_SLOW) if error.type == TOO_SLOW else self._attempts

    def failures(self, error: WorkFailed) -> int:
        """How many such frames end a job that has no finished frame."""
        return 1 if error.type == TOO_SLOW else self._attempts

    def rendered(self, job_id: str, seconds: float) -> None:
        """Note how long one of the job's frames, or a part of one, took."""
        self._slowest[job_id] = max(self._slowest.get(job_id, 0.0), seconds)

    def forget(self, job_id: str) -> None:
        self._slowest.pop(job_id, None)
