"""How long to wait before the next look or the next try, and when to give up."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from ...client.errors import FarmhandError, Malformed, ServerFault


@dataclass(frozen=True, slots=True)
class PollInterval:
    """Seconds between two looks at a server: first, and at most while nothing changes."""

    first: float
    ceiling: float
    growth: float = 1.5

    def slower(self, factor: float) -> PollInterval:
        return PollInterval(factor * self.first, factor * self.ceiling, self.growth)


LOCAL_INTERVAL = PollInterval(0.15, 0.25)
REMOTE_INTERVAL = PollInterval(1.0, 15.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """first, ceiling: seconds between tries.  unreachable: seconds without an answer until we stop and say so.
    faulty: the same for answers that are wrong.  late: seconds that a finished job may take to list its last files."""

    first: float = 1.0
    ceiling: float = 60.0
    unreachable: float = 12 * 3600.0
    faulty: float = 600.0
    late: float = 60.0

    def give_up_after(self, error: FarmhandError) -> float:
        return self.faulty if isinstance(error, Malformed | ServerFault) else self.unreachable


class Backoff:
    """Grows from try to try, with jitter, so that many clients do not knock together."""

    def __init__(self, first: float, ceiling: float, growth: float = 2.0) -> None:
        self._first = self._next = first
        self._ceiling = ceiling
        self._growth = growth
        self._since: float | None = None

    @classmethod
    def of(cls, pace: PollInterval) -> Backoff:
        return cls(pace.first, pace.ceiling, pace.growth)

    def reset(self) -> None:
        """Something changed or worked: be quick again."""
        self._next = self._first
        self._since = None

    def next(self) -> float:
        """Seconds to wait now."""
        delay = self._next * random.uniform(0.85, 1.15)
        self._next = min(self._ceiling, self._next * self._growth)
        return min(delay, self._ceiling)

    def elapsed(self) -> float:
        """Seconds since the first call of this after a reset."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since
