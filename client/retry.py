"""When to retry, how long to wait first, and when to give up.

Two kinds of errors go away by themselves. After a transient one (no answer, an internal error) we retry with a growing
wait. If a server told us to wait, we wait as long as it said; the courier does not count that wait towards giving up.
"""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from .errors import FarmhandError, Malformed, RateLimited, ServerFault

T = TypeVar("T")


MAX_WAIT_SECONDS = 24 * 3600.0


class RetryKind(Enum):
    """What an error says about the next try."""

    FINAL = auto()
    TRANSIENT = auto()
    TOLD_TO_WAIT = auto()


def retry_kind(error: FarmhandError) -> RetryKind:
    """Whether the same call may succeed later, and whether the server decides when."""
    if not error.is_transient:
        return RetryKind.FINAL
    told = error.retry_after is not None or isinstance(error, RateLimited)
    return RetryKind.TOLD_TO_WAIT if told else RetryKind.TRANSIENT


def seconds_to_wait(retry_after: str, date: str) -> float | None:
    """The wait that a service requests in the header Retry-After, in seconds, or None.

    retry_after: seconds, or the date when the wait is over. date: when the answer was sent, by the service's clock
    (its header Date), since this computer's may be wrong; "" if missing.
    """
    try:
        seconds = float(retry_after)
    except ValueError:
        end, now = _moment(retry_after), _moment(date)
        if end is None:
            return None
        seconds = end - (time.time() if now is None else now)
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS) if seconds == seconds else None


def _moment(date: str) -> float | None:
    """The Unix time of a header's date, None for anything else."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def with_retries(
    call: Callable[[], T],
    *,
    tries: int,
    backoff: Backoff,
    wait: Callable[[float], None] = time.sleep,
    longest_told: float = 0.0,
) -> T:
    """Call until it succeeds; the last try's error is raised.

    Args:
        tries: the most calls, including those after a wait that a server requested.
        wait: waits for a number of seconds; may raise, to end the tries.
        longest_told: longest wait, in seconds, that a server may request; its error is raised if it requests more.
    """
    for _ in range(tries - 1):
        try:
            return call()
        except FarmhandError as error:
            told = error.retry_after or 0.0
            if retry_kind(error) is RetryKind.FINAL or told > longest_told:
                raise
        wait(max(told, backoff.next()))
    return call()


@dataclass(frozen=True, slots=True)
class PollInterval:
    """Seconds between two polls of a server: first, growing up to ceiling while nothing changes."""

    first: float
    ceiling: float
    growth: float = 1.5

    def slower(self, factor: float) -> PollInterval:
        return PollInterval(factor * self.first, factor * self.ceiling, self.growth)


LOCAL_INTERVAL = PollInterval(0.05, 0.25)
REMOTE_INTERVAL = PollInterval(1.0, 15.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """first, ceiling: seconds between tries. unreachable: seconds without an answer until we give up.
    faulty: the same for invalid answers. late: seconds that a finished job may take to list its last files."""

    first: float = 1.0
    ceiling: float = 60.0
    unreachable: float = 12 * 3600.0
    faulty: float = 600.0
    late: float = 60.0

    def give_up_after(self, error: FarmhandError) -> float:
        return self.faulty if isinstance(error, Malformed | ServerFault) else self.unreachable


class Backoff:
    """A wait that grows with each try, with jitter, so that many clients do not retry at once."""

    def __init__(self, first: float, ceiling: float, growth: float = 2.0) -> None:
        self._first = self._next = first
        self._ceiling = ceiling
        self._growth = growth
        self._since: float | None = None

    @classmethod
    def between(cls, pace: PollInterval) -> Backoff:
        """For polling at this interval."""
        return cls(pace.first, pace.ceiling, pace.growth)

    def reset(self) -> None:
        """Start again with the shortest wait, after a change or a success."""
        self._next = self._first
        self._since = None

    def next(self) -> float:
        """Seconds to wait now."""
        delay = self._next * random.uniform(0.85, 1.15)
        self._next = min(self._ceiling, self._next * self._growth)
        return min(delay, self._ceiling)

    def elapsed(self) -> float:
        """Seconds since this was first called after a reset."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since
