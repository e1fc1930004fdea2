"""A courier's supervisor in a thread of the test's own process, so that a test can look into it and be quick."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
import time
from collections.abc import Iterator

from carrying import QUICK, Carrying
from waiting import PATIENCE, wait_until

from farmhand.client.retry import PollInterval
from farmhand.courier.daemon.supervisor import Supervisor
from farmhand.courier.job.context import JobContext
from farmhand.courier.job.control import JobControl
from farmhand.courier.process.keys_in_memory import ServerKeys
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Submission

PACE = PollInterval(0.05, 0.4)


class _QuickSupervisor(Supervisor):
    def _context(self, journal: Journal, submission: Submission, control: JobControl) -> JobContext:
        context = super()._context(journal, submission, control)
        context.server.pace = PACE
        return dataclasses.replace(context, retry=QUICK)


class SupervisorHere:
    """keys: what it knows now; more may be added, as a new courier would."""

    def __init__(self, courier: Carrying, keys: dict[str, str], **seconds: float) -> None:
        self.keys = ServerKeys(keys)
        self.problem: Exception | None = None
        self._seconds = seconds
        self._supervisor: Supervisor | None = None
        self._courier = courier
        self._thread = threading.Thread(target=self._run, name="supervisor")
        self._thread.start()

    @property
    def is_at_work(self) -> bool:
        return self._thread.is_alive()

    def leave(self) -> None:
        wait_until(lambda: self._supervisor is not None or not self.is_at_work, "the supervisor is at work")
        if self._supervisor is not None:
            self._supervisor.leave()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            self._supervisor = _QuickSupervisor(self._courier.home, self.keys, **self._seconds)
            self._supervisor.run()
        except Exception as problem:
            self.problem = problem


@contextlib.contextmanager
def supervisor_here(
    courier: Carrying, keys: dict[str, str] | None = None, **seconds: float
) -> Iterator[SupervisorHere]:
    """At work with the courier's own key, or with these keys. seconds: of `Supervisor`, such as idle_seconds."""
    supervisor = SupervisorHere(courier, {courier.url: courier.key} if keys is None else keys, **seconds)
    try:
        yield supervisor
    finally:
        supervisor.leave()


class Timed(list[str]):
    """What a proxy has seen, with the moment of each."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[tuple[float, str]] = []

    def append(self, line: str) -> None:
        super().append(line)
        self.at.append((time.monotonic(), line))

    def gaps(self, part: str) -> list[float]:
        """Seconds between one request with this in it and the next."""
        times = [at for at, line in self.at if part in line]
        return [later - before for before, later in itertools.pairwise(times)]
