"""What a step can use while it carries one submission."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from ...client.models import Downloads
from ...client.network import link_targets
from ...client.retry import Backoff, RetryPolicy
from ...client.service import Service
from ...client.transfer.bandwidth import BandwidthLimit
from ...client.transfer.connections import ConnectionPool
from ...jobs.folder import job_folder
from ...jobs.folder.job_folder import JobFile
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import Submission
from ...jobs.user_folder import UserFolder
from ..servers.servers import Server, Servers
from .control import JobControl

SAVE_SECONDS = 0.25
HOLD_FACTOR = 4.0


@dataclass(frozen=True)
class JobContext:
    """What carries one submission. folder: its job folder. connections: files fetched at a time."""

    journal: Journal
    folder: Path
    job: JobFile
    server: Server
    control: JobControl = field(default_factory=JobControl)
    pool: ConnectionPool = field(default_factory=ConnectionPool)
    limit: BandwidthLimit = field(default_factory=BandwidthLimit)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    connections: int = 8

    @classmethod
    def from_submission(
        cls, home: UserFolder, servers: Servers, journal: Journal, submission: Submission, control: JobControl
    ) -> JobContext:
        """The context of a submission, from the user folder's settings and servers.

        Args:
            servers: gives the connection to the job's server, shared with other jobs.
            control: by which the job is paused and canceled.

        Raises:
            LocalProblem: its job folder is missing.
        """
        folder = home.job(submission.id)
        job = job_folder.read(folder)
        return cls(
            journal=journal,
            folder=folder,
            job=job,
            server=servers.server(submission.server_url, job.blender, allow_add_ons=job.allow_add_ons),
            control=control,
            pool=servers.pool,
            limit=servers.limit,
            connections=servers.connections,
        )

    @property
    def service(self) -> Service:
        return self.server.service

    @property
    def links_come_from(self) -> str:
        """The address of the service; its links may name this computer only if it runs there itself."""
        return "" if self.server.is_local else link_targets.with_peer(self.job.server_url, self.service.peer)

    @property
    def package(self) -> Path:
        return self.folder / self.job.package.file

    def save(self, submission: Submission, text: str = "") -> Submission:
        return self.journal.save(submission, text)

    def downloads(self, submission: Submission) -> Downloads:
        """Links to what the job has so far."""
        return self.service.downloads(submission.job_id, len(self.job.frames) or submission.frames_total)

    def pace(self) -> Backoff:
        """Waits between polls of the server."""
        return Backoff.between(self.server.pace)

    def hold_pace(self) -> Backoff:
        """The same while the service has put the job on hold, which can take days."""
        return Backoff.between(self.server.pace.slower(HOLD_FACTOR))


class Throttle:
    """Allows one call per interval: progress is written for people, not for each byte."""

    def __init__(self, seconds: float = SAVE_SECONDS) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
