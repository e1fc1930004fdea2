"""The servers that this courier talks to: one connection each, shared by the threads that carry submissions."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...client.cancellation import current_token
from ...client.errors import FarmhandError, Malformed, Refused, Stopped, Unreachable
from ...client.models import Job
from ...client.network.network import NetworkSettings
from ...client.progress import Counters, Progress, of_job
from ...client.retry import LOCAL_INTERVAL, REMOTE_INTERVAL, Backoff, PollInterval, RetryKind, retry_kind
from ...client.service import Service
from ...client.statuses import IN_PROGRESS_STATUSES
from ...client.transfer.bandwidth import BandwidthLimit
from ...client.transfer.connections import ConnectionPool
from ...jobs import server_address, settings
from ...jobs.journal.submission import LOCAL
from ...jobs.user_folder import UserFolder
from ..process.keys_in_memory import ServerKeys
from . import local_farm
from .rate_limit import Cooldown, RateLimitedService

_LOOK_SECONDS = 0.25
_NEVER = (float("-inf"), "")
_ASKED_ALONE = 4
"""Up to this many jobs of a farm, which waits for changes, are polled one by one."""
WAIT_SECONDS = 10
"""The longest poll: shorter than the time limits of the usual proxies."""
_POLL_SECONDS = 60.0
"""How long a service is polled after it did not wait when asked to."""
JOB_SECONDS = 5.0
"""How long counters may replace the job itself: they are undocumented, so they must never hide that it has ended."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The result of one poll. progress: None if the service has no counters. job: only if it was read."""

    status: str
    progress: Progress | None = None
    job: Job | None = None


class Server:
    """One service, and the jobs of it that are watched from here.

    answered_at: monotonic seconds of the last successful poll. objects: the folder of a farm on this computer that
    has the files behind its links.
    """

    def __init__(
        self, connect: Callable[[], Service], pace: PollInterval, *, is_local: bool, objects: Path | None = None
    ) -> None:
        self.pace = pace
        self.is_local = is_local
        self.objects = objects
        self.answered_at = float("-inf")
        self._connect = connect
        self._guard = threading.Lock()
        self._service: Service | None = None
        self._is_stale = False
        self._watched: dict[str, int] = {}
        self._seen: dict[str, tuple[float, str]] = {}
        """When each job itself was last asked for, and the tag of its counters then."""
        self._counters: dict[str, Counters] = {}
        self._waits_again_at = float("-inf")
        self._bulk = _Bulk(pace)

    @property
    def service(self) -> Service:
        """The open connection; a farm that is not running is started first."""
        with self._guard:
            if self._is_stale:
                self._is_stale = False
                self._drop()
            if self._service is None:
                self._service = self._connect()
            return self._service

    def reconnect(self) -> None:
        """Reconnect at the next call: a farm of our own has ended, or keys or certificates have changed.

        Running calls still complete. Never waits: a thread may be connecting, which takes long.
        """
        self._is_stale = True
        self._waits_again_at = float("-inf")
        self._bulk = _Bulk(self.pace)

    def close(self) -> None:
        with self._guard:
            self._drop()

    def _drop(self) -> None:
        if self._service is not None:
            self._service.close()
            self._service = None

    def watch(self, job_id: str) -> None:
        with self._guard:
            self._watched[job_id] = self._watched.get(job_id, 0) + 1

    def unwatch(self, job_id: str) -> None:
        with self._guard:
            self._watched[job_id] -= 1
            if not self._watched[job_id]:
                del self._watched[job_id]
                self._seen.pop(job_id, None)
                self._counters.pop(job_id, None)

    def job(self, job_id: str) -> Job:
        """The job itself."""
        job = self.service.job(job_id)
        self.answered_at = time.monotonic()
        return job

    def can_wait(self, job_id: str) -> bool:
        """Whether the next poll of a job may last until something changes."""
        return self._wait(job_id) > 0

    def look(self, job_id: str, interval: float, *, may_wait: bool = False) -> JobStatus:
        """Poll a job.

        Args:
            job_id: the job.
            interval: seconds since the caller's last poll; many jobs share one bulk call in it.
            may_wait: whether it may last until something changes, or for WAIT_SECONDS.

        Raises:
            FarmhandError: the service could not be asked, or refused.
        """
        progress = self._progress(job_id, interval, self._wait(job_id) if may_wait else 0)
        counted = self._counted(job_id, progress)
        job = None if counted else self.job(job_id)
        self.answered_at = time.monotonic()
        if job is not None:
            self._seen[job_id] = (self.answered_at, self._counters.get(job_id, Counters()).tag)
        return JobStatus(job.status if job else counted, progress, job)

    def _wait(self, job_id: str) -> int:
        """Seconds that the next poll may last; 0 if the service does not wait.

        If something has changed since the job itself was read, it ends when the job is due: only that tells a pause.
        """
        known = self._counters.get(job_id)  # another thread that watches the job may have taken it
        if known is None or not known.can_wait or not self._tries_to_wait:
            return 0
        seen_at, tag = self._seen.get(job_id, _NEVER)
        if tag == known.tag:
            return WAIT_SECONDS
        left = seen_at + JOB_SECONDS - time.monotonic()
        return math.ceil(min(max(left, 1.0), WAIT_SECONDS))

    def _counted(self, job_id: str, progress: Progress | None) -> str:
        """The job's status if its counters are enough to tell it, or ""."""
        if progress is None or progress.status not in IN_PROGRESS_STATUSES:
            return ""
        if progress.frames_total and (progress.frames_completed or 0) >= progress.frames_total:
            return ""
        seen_at, _ = self._seen.get(job_id, _NEVER)
        is_fresh = time.monotonic() - seen_at < JOB_SECONDS
        return progress.status or "" if is_fresh else ""

    def _progress(self, job_id: str, interval: float, wait: int) -> Progress | None:
        """Counters are undocumented: a service may lack them. A request to wait is obeyed."""
        service = self.service
        try:
            if len(self._watched) > (_ASKED_ALONE if service.is_farm and self._tries_to_wait else 1):
                self._counters.pop(job_id, None)
                return of_job(self._bulk.progress(service, interval), job_id, asked_alone=False)
            return self._of_job_alone(service, job_id, wait)
        except (Malformed, Refused) as error:
            if retry_kind(error) is RetryKind.TOLD_TO_WAIT:
                raise
            return None

    def _of_job_alone(self, service: Service, job_id: str, wait: int) -> Progress | None:
        known = self._counters.pop(job_id, Counters())
        try:
            found = service.next_progress(job_id, known, wait)
        except Unreachable:
            if not wait:
                raise
            found = replace(service.next_progress(job_id, known), can_wait=False)  # a proxy may cut off calls that wait
        if not found.can_wait:
            self._waits_again_at = time.monotonic() + _POLL_SECONDS
        self._counters[job_id] = found
        before, now = (of_job(one.entries, job_id, asked_alone=True) for one in (known, found))
        if known.tag not in ("", found.tag) and _told(before) == _told(now):
            self._seen.pop(job_id, None)  # only the job tells what has changed, such as a pause
        return now

    @property
    def _tries_to_wait(self) -> bool:
        return time.monotonic() >= self._waits_again_at


def _told(progress: Progress | None) -> tuple[object, ...]:
    return (progress.status, progress.frames_completed) if progress else ()


class _Bulk:
    """The counters of all jobs of a server, or why there are none, from one call that all callers share."""

    def __init__(self, pace: PollInterval) -> None:
        self._pace = pace
        self._guard = threading.Lock()
        self._found: list[Progress] = []
        self._error: FarmhandError | None = None
        self._at = float("-inf")
        self._after_errors = Backoff.between(pace)
        self._pause = 0.0

    def progress(self, service: Service, interval: float) -> list[Progress]:
        """The counters, refreshed if they are old. Raises what the last call raised."""
        while not self._guard.acquire(timeout=_LOOK_SECONDS):  # another thread asks, and may wait long for the answer
            current_token().raise_if_canceled()
        try:
            if time.monotonic() - self._at > max(0.9 * interval, 0.9 * self._pace.first, self._pause):
                self._ask(service)
            if self._error is not None:
                raise self._error
            return self._found
        finally:
            self._guard.release()

    def _ask(self, service: Service) -> None:
        try:
            self._found, self._error = service.all_progress(), None
            self._after_errors.reset()
            self._pause = 0.0
        except Stopped:  # this job alone was stopped
            raise
        except FarmhandError as error:
            self._error = error
            self._pause = self._after_errors.next()
        self._at = time.monotonic()


class Servers:
    """All servers of one courier, and the network that they share."""

    def __init__(self, home: UserFolder, keys: ServerKeys) -> None:
        self._home = home
        self._keys = keys
        self._guard = threading.Lock()
        self._servers: dict[tuple[str, ...], Server] = {}
        self._settings = settings.read(home)
        self.network = NetworkSettings(ca_file=self._settings.ca_file)
        self.pool = ConnectionPool(self.network)
        self.limit = BandwidthLimit(self._settings.bytes_per_second)

    @property
    def connections(self) -> int:
        return max(1, self._settings.connections)

    def apply(self, new: settings.CourierSettings) -> None:
        """Apply changed settings; a limit applies from the next piece on."""
        if new == self._settings:
            return
        if new.ca_file != self._settings.ca_file:
            self.pool.close()
            self.network = NetworkSettings(ca_file=new.ca_file)
            self.pool = ConnectionPool(self.network)
            self.forget_connections()
        self._settings = new
        self.limit.bytes_per_second = new.bytes_per_second

    def forget_connections(self) -> None:
        """Keys or certificates have changed: reconnect, even for running jobs."""
        with self._guard:
            for server in self._servers.values():
                server.reconnect()

    def close(self) -> None:
        """Close every connection; no job uses them any more."""
        with self._guard:
            for server in self._servers.values():
                server.close()
            self._servers.clear()
        self.pool.close()

    def has_key(self, server_url: str) -> bool:
        return server_url == LOCAL or self._keys.get(server_url) is not None

    def server(self, server_url: str, blender: list[str], *, allow_add_ons: bool = False) -> Server:
        """The server of a submission, the same object for all that use it.

        Args:
            server_url: of the API, or `LOCAL`.
            blender: the command that its farm would render with.
            allow_add_ons: as in `job_folder.JobFile`.
        """
        place = (LOCAL, str(allow_add_ons), *blender) if server_url == LOCAL else (server_url,)
        with self._guard:
            if place not in self._servers:
                self._servers[place] = self._new(server_url, blender, allow_add_ons)
            return self._servers[place]

    def _new(self, server_url: str, blender: list[str], allow_add_ons: bool) -> Server:
        if server_url == LOCAL:
            objects = local_farm.folder(self._home, blender, allow_add_ons=allow_add_ons) / local_farm.OBJECTS
            return Server(lambda: self._local(blender, allow_add_ons), LOCAL_INTERVAL, is_local=True, objects=objects)
        pace = LOCAL_INTERVAL if server_address.is_loopback(server_url) else REMOTE_INTERVAL
        cooldown = Cooldown()
        return Server(lambda: self._remote(server_url, cooldown), pace, is_local=False)

    def _local(self, blender: list[str], allow_add_ons: bool) -> Service:
        access = local_farm.ensure(self._home, blender, allow_add_ons=allow_add_ons)
        return Service(access.url, access.token, network=self.network)

    def _remote(self, server_url: str, cooldown: Cooldown) -> Service:
        return RateLimitedService(server_url, self._keys.get(server_url) or "", network=self.network, cooldown=cooldown)
