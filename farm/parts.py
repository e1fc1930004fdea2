"""The objects that a farm's routes share: one of each per farm."""

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
    """find_caller: whose key this is, None if it is unknown or revoked. is_ending: answers must not wait."""

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
        """Converts the farm's records to the API's models, with links to the host that the caller used."""
        return Views(self.settings, self.store, self.storage, f"{request.url.scheme}://{request.url.netloc}")

    def keep_for_links(self, job: JobRecord) -> None:
        """Keep the files of a finished job until the links that a caller gets now have expired."""
        now, seconds = time.time(), self.settings.link_seconds
        if job.status in OVER and not job.is_deleted and job.links_until < now + seconds:
            # 1.5 times as long: a page that reloads on each change of the state must not change it each time.
            with contextlib.suppress(sqlite3.OperationalError):  # files stay available on a full disk
                self.store.links_given(job.id, now + 1.5 * seconds)
