"""What Blender printed when work of a job failed: one file each, the newest of each job, gone with its other files."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Collection
from pathlib import Path

from ....client.files import remove, remove_tree

MOST_OF_A_JOB = 100
_DAY_SECONDS = 24 * 3600.0


class JobLogs:
    """folder: contains a folder for each job."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def keep(self, job_id: str, doing: str, text: str) -> Path:
        """Store a log, and remove the job's oldest ones if there are too many.

        Args:
            job_id: of the log's job; the name of its folder.
            doing: what the worker did, such as `frame 12`; becomes part of the file's name.
            text: the log.

        Returns:
            Its path, even if it could not be written because the disk is full.
        """
        folder = self._folder / job_id
        path = folder / f"{doing.replace(' ', '_')}-{next(self._numbers)}.log"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            logs = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime_ns)
            for old in logs[:-MOST_OF_A_JOB]:
                remove(old, missing_ok=True)
        return path

    def remove(self, jobs: Collection[str]) -> None:
        """Remove the logs of these jobs."""
        for folder in self._folders():
            if folder.name in jobs:
                remove_tree(folder)

    def remove_old(self, days: int) -> None:
        """Remove the logs of jobs that have had no new one for so many days; 0 removes none."""
        before = time.time() - days * _DAY_SECONDS
        for folder in self._folders() if days else ():
            with contextlib.suppress(OSError):
                if folder.stat().st_mtime < before:
                    remove_tree(folder)

    def _folders(self) -> list[Path]:
        try:
            return [each for each in self._folder.iterdir() if each.is_dir() and not each.is_symlink()]
        except OSError:
            return []
