"""What the routes of a farm stand on: one of each in a farm."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from .objects.storage import Storage
from .render.movies import Movies
from .render.scheduling.scheduler import Scheduler
from .responses import Views
from .settings import FarmSettings
from .state.files.disk import Disk
from .state.job_status import OVER
from .state.keys import Caller
from .state.records import JobRecord
from .state.store import Store
from .state.workspaces import Workspaces


@dataclass(frozen=True)
class FarmParts:
    """find_caller: whose key this is, None for one that is unknown or revoked. is_ending: answers must not wait."""

    settings: FarmSettings
    store: Store
    storage: Storage
    scheduler: Scheduler
    movies: Movies
    find_caller: Callable[[bytes], Caller | None]
    is_ending: Callable[[], bool] = lambda: False

    @functools.cached_property
    def workspaces(self) -> Workspaces:
        return Workspaces(self.store.database)

    @functools.cached_property
    def disk(self) -> Disk:
        return Disk(self.settings.data, self.store.database, self.settings.reserve_bytes, self.settings.objects)

    def views(self, request: Request) -> Views:
        """The API's words for the farm's records, with links that lead where the caller came from."""
        return Views(self.settings, self.store, self.storage, f"{request.url.scheme}://{request.url.netloc}")

    def keep_for_links(self, job: JobRecord) -> None:
        """Keep the files of a job that is over until the links that a caller is given now have expired."""
        now, seconds = time.time(), self.settings.link_seconds
        if job.status in OVER and not job.is_deleted and job.links_until < now + seconds:
            # For half as long again: a page that reloads at each change of the state must not change it each time.
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk keeps nobody from the files
                self.store.links_given(job.id, now + 1.5 * seconds)
