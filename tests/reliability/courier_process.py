"""A courier in a process of its own that starts in no time, has little patience, and may be killed at any moment."""

from __future__ import annotations

import dataclasses
import logging
import signal
import tempfile
from multiprocessing.process import BaseProcess

from quick_engine import QUICK_PROCESS
from sudden_death import die_at

from farmhand.client.retry import PollInterval, RetryPolicy
from farmhand.courier.daemon.supervisor import Supervisor
from farmhand.courier.job.context import JobContext
from farmhand.courier.job.control import JobControl
from farmhand.courier.process.keys_in_memory import ServerKeys
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Submission
from farmhand.jobs.user_folder import UserFolder

_PATIENCE = RetryPolicy(first=0.02, ceiling=0.1, unreachable=0.6, faulty=0.6)
_PACE = PollInterval(0.02, 0.1)
_IDLE_SECONDS = 0.15
_KILLED_ON_WINDOWS = 15


class CourierProcess:
    """dies_at: the moment of `sudden_death` at which it dies, or 0. It ends by itself when it has nothing to do."""

    def __init__(self, home: UserFolder, server_url: str, key: str, dies_at: int = 0) -> None:
        self._process: BaseProcess = QUICK_PROCESS.Process(
            target=_work, args=(home, server_url, key, dies_at), daemon=True
        )
        self._process.start()

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def was_killed(self) -> bool:
        return (self._process.exitcode or 0) < 0 or self._process.exitcode == _KILLED_ON_WINDOWS

    @property
    def broke(self) -> bool:
        """Whether it ended by a fault of its own."""
        return (self._process.exitcode or 0) > 0

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within so long."""
        self._process.join(seconds)
        return not self.is_alive

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def ask_to_leave(self) -> None:
        """As a newer version or the end of a session would."""
        self._process.terminate()


class _ImpatientSupervisor(Supervisor):
    """The courier as it is, but for its waits."""

    def _context(self, journal: Journal, submission: Submission, control: JobControl) -> JobContext:
        context = super()._context(journal, submission, control)
        context.server.pace = _PACE
        return dataclasses.replace(context, retry=_PATIENCE)


def _work(home: UserFolder, server_url: str, key: str, dies_at: int) -> None:
    """The courier's process."""
    home.logs.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(home.folder)  # a courier that is killed cannot remove its socket
    logging.basicConfig(filename=home.logs / "courier.log", level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if dies_at:
        die_at(dies_at)
    supervisor = _ImpatientSupervisor(home, ServerKeys({server_url: key}), idle_seconds=_IDLE_SECONDS)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.leave())
    supervisor.run()
