"""Which jobs' files are being read now: they are kept even if the link of a running download expires."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class FilesInUse:
    """Of one farm."""

    def __init__(self) -> None:
        self._jobs: Counter[str] = Counter()

    @contextmanager
    def reading(self, job_id: str) -> Iterator[None]:
        """A context in which files of this job are read."""
        self._jobs[job_id] += 1
        try:
            yield
        finally:
            self._jobs[job_id] -= 1
            if not self._jobs[job_id]:
                del self._jobs[job_id]

    def jobs(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(self._jobs)
