"""Removes the files of jobs that are long over, so that a farm does not fill its disk.

The store marks them first, and files are removed afterwards: if the farm ends in between, the next run removes the
rest. Files that the store does not know are not touched.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from pathlib import Path, PurePath

from ....client import files
from ....jobs.folder import path_limits
from ...objects.objects import INCOMING, JOBS, TILES, UPLOADS, CannotReach, Objects
from ...settings import FarmSettings
from ..records import now
from ..store import Store
from .job_logs import JobLogs
from .retention import Retention

_log = logging.getLogger(__name__)
_BETWEEN_SECONDS = 3600.0
_BETWEEN_SIZES_SECONDS = 60.0
_DAY_SECONDS = 24 * 3600.0


class Cleanup:
    """work: where jobs have their temporary folders."""

    def __init__(self, settings: FarmSettings, store: Store, objects: Objects, work: Path) -> None:
        self._settings = settings
        self._retention = Retention(store.database, store.files_in_use)
        self._objects = objects
        self._slugs = set[str]()
        """Of uploads that were given up and may still be there."""
        self._work = work
        self._logs = JobLogs(settings.data / "logs" / "jobs")

    async def run(self) -> None:
        """Remove files at intervals, until canceled."""
        await asyncio.sleep(self._settings.first_removal)
        next_old = time.monotonic()
        while True:
            try:
                if time.monotonic() >= next_old:  # the wall clock may be set back
                    next_old = time.monotonic() + _BETWEEN_SECONDS
                    await self.remove_old()
                await self.remove_to_fit()
            except CannotReach as error:
                _log.warning("Old files are removed later (%s)", error.strerror)
            except Exception:  # an error with one file must not stop the removal of all others
                _log.exception("Old files could not be removed; the farm tries again")
            await asyncio.sleep(_BETWEEN_SIZES_SECONDS)

    async def remove_old(self) -> None:
        """Remove what is older than the farm keeps, and unfinished files."""
        await asyncio.to_thread(self._objects.clean, now() - _DAY_SECONDS)
        if not self._settings.keep_days:
            return
        before = now() - self._settings.keep_days * _DAY_SECONDS
        self._retention.let_go(before)
        jobs, slugs = self._retention.deleted_jobs(), self._retention.deleted_uploads(before)
        await self._remove_all(jobs, slugs)

    async def remove_to_fit(self) -> None:
        """Remove files of finished jobs, oldest first, until the total is within the limit."""
        if self._settings.keep_bytes is None:
            return
        slugs = self._retention.let_go_to_fit(self._settings.keep_bytes)
        if slugs is not None or self._slugs:
            await self._remove_all(self._retention.deleted_jobs(), slugs or set())

    async def _remove_all(self, jobs: set[str], slugs: set[str]) -> None:
        self._slugs |= slugs
        self._slugs = await asyncio.to_thread(self._remove, jobs, self._slugs)

    def _remove(self, jobs: set[str], slugs: set[str]) -> set[str]:
        """Returns the slugs of uploads that could not be removed."""
        work = {path_limits.work_name(job_id) for job_id in jobs}
        for folder in [each for each in _inside(self._work) if each.name in work]:
            files.remove_tree(folder)
        self._logs.remove(jobs)
        folders = [
            f"{folder}/{each}" for folder in (JOBS, TILES) for each in self._objects.names(folder) if each in jobs
        ]
        uploads = [
            f"{folder}/{each}"
            for folder in (UPLOADS, INCOMING)
            for each in self._objects.names(folder)
            if PurePath(each).stem in slugs
        ]
        left = set[str]()
        for key in [*folders, *uploads]:
            try:
                self._objects.remove(key)
            except OSError as error:  # on Windows, a process is still reading it
                _log.warning("%s could not be removed (%s)", key, error.strerror or error)
                left |= {PurePath(key).stem} & slugs
        if folders or uploads:
            _log.info("Removed %s old job folders and %s uploads", len(folders), len(uploads))
        return left


def _inside(folder: Path) -> Iterable[Path]:
    return folder.iterdir() if folder.exists() else ()
