"""When a frame's preview is made: previews take at most a small share of a job's time."""

from __future__ import annotations

import time

_SECONDS = 2.0
_SHARE = 20.0


class PreviewClock:
    """One for all jobs of a machine."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def is_due(self, job_id: str) -> bool:
        return time.monotonic() >= self._next.get(job_id, 0.0)

    def made(self, job_id: str, seconds: float) -> None:
        """seconds: extra time that the preview took after the render."""
        self._next[job_id] = time.monotonic() + max(_SECONDS, _SHARE * seconds)

    def forget(self, job_id: str) -> None:
        self._next.pop(job_id, None)
