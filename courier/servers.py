"""The servers that this courier talks to: one connection each, shared by the threads that carry submissions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..client.errors import Malformed, NotAllowedNow, NotFound, ServerFault, Unauthorized
from ..client.limit import BandwidthLimit
from ..client.models import FINAL_STATUSES, Job, Progress
from ..client.network import NetworkSettings
from ..client.service import Service
from . import local_farm, settings
from .home import Home
from .keys import Keys
from .patience import LOCAL_PACE, REMOTE_PACE, Pace
from .submission import LOCAL


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look at a job showed.  progress: None when the service tells no counters.  job: only where we asked."""

    status: str
    progress: Progress | None = None
    job: Job | None = None


class Server:
    """One service, and the jobs of it that are watched from here.

    answered_at: monotonic seconds of the last look that worked.
    """

    def __init__(self, connect: Callable[[], Service], pace: Pace, *, is_local: bool) -> None:
        self.pace = pace
        self.is_local = is_local
        self.answered_at = float("-inf")
        self._connect = connect
        self._guard = threading.Lock()
        self._service: Service | None = None
        self._watched: dict[str, int] = {}
        self._bulk: dict[str | None, Progress] = {}
        self._bulk_at = float("-inf")
        self._bulk_guard = threading.Lock()

    @property
    def service(self) -> Service:
        """The open connection; a farm that is not there is started first."""
        with self._guard:
            if self._service is None:
                self._service = self._connect()
            return self._service

    def reconnect(self) -> None:
        """The server did not answer: find or start it anew at the next call.  Only of use for a farm of our own."""
        with self._guard:
            self._service = None
        self._bulk_at = float("-inf")

    def close(self) -> None:
        with self._guard:
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

    def look(self, job_id: str, interval: float) -> Sighting:
        """How a job stands.  interval: seconds since the caller's last look; several jobs share one bulk call in it."""
        progress = self._progress(job_id, interval)
        counted = progress.status if progress and progress.status not in FINAL_STATUSES else None
        job = None if counted else self.service.job(job_id)
        self.answered_at = time.monotonic()
        return Sighting(job.status if job else counted or "", progress, job)

    def _progress(self, job_id: str, interval: float) -> Progress | None:
        """Counters are undocumented: a service that has none is no fault."""
        try:
            if len(self._watched) < 2:
                found = self.service.progress(job_id)
                return next((one for one in found if one.job_id in (None, job_id)), None)
            with self._bulk_guard:
                if time.monotonic() - self._bulk_at > 0.9 * interval:
                    self._bulk = {one.job_id: one for one in self.service.all_progress()}
                    self._bulk_at = time.monotonic()
                return self._bulk.get(job_id)
        except (Malformed, NotAllowedNow, NotFound, ServerFault, Unauthorized):
            return None


class Servers:
    """All servers of one courier, and the network that they share."""

    def __init__(self, home: Home, keys: Keys) -> None:
        self._home = home
        self._keys = keys
        self._guard = threading.Lock()
        self._servers: dict[tuple[str, ...], Server] = {}
        self._settings = settings.read(home)
        self.network = NetworkSettings(ca_file=self._settings.ca_file)
        self.limit = BandwidthLimit(self._settings.bytes_per_second)

    @property
    def connections(self) -> int:
        return max(1, self._settings.connections)

    def apply(self, new: settings.Settings) -> None:
        """Take up changed settings; a limit holds from the next piece on."""
        if new == self._settings:
            return
        if new.ca_file != self._settings.ca_file:
            self.network = NetworkSettings(ca_file=new.ca_file)
            self.forget_connections()
        self._settings = new
        self.limit.bytes_per_second = new.bytes_per_second

    def forget_connections(self) -> None:
        """Keys or certificates have changed: connect anew."""
        with self._guard:
            self._servers.clear()

    def close(self) -> None:
        """Close every connection; nobody carries with them any more."""
        with self._guard:
            for server in self._servers.values():
                server.close()
            self._servers.clear()
        self.network.close()

    def has_key(self, server_url: str) -> bool:
        return server_url == LOCAL or self._keys.get(server_url) is not None

    def server(self, server_url: str, blender: list[str]) -> Server:
        """The server of a submission; blender: the command that its farm would render with."""
        place = (LOCAL, *blender) if server_url == LOCAL else (server_url,)
        with self._guard:
            if place not in self._servers:
                self._servers[place] = self._new(server_url, blender)
            return self._servers[place]

    def _new(self, server_url: str, blender: list[str]) -> Server:
        if server_url == LOCAL:
            return Server(lambda: self._local(blender), LOCAL_PACE, is_local=True)
        pace = LOCAL_PACE if _is_loopback(server_url) else REMOTE_PACE
        return Server(lambda: self._remote(server_url), pace, is_local=False)

    def _local(self, blender: list[str]) -> Service:
        access = local_farm.ensure(self._home, blender)
        return Service(access.url, access.token, network=self.network)

    def _remote(self, server_url: str) -> Service:
        return Service(server_url, self._keys.get(server_url) or "", network=self.network)


def _is_loopback(server_url: str) -> bool:
    from urllib.parse import urlsplit

    from ..client.network import is_loopback

    return is_loopback(urlsplit(server_url).hostname or "")
