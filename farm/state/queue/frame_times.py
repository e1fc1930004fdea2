"""How long frames took since the farm started: counts by upper bound in seconds, as a Prometheus histogram."""

from __future__ import annotations

from bisect import bisect_left

LIMITS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 10_800.0)


class FrameTimes:
    """total: seconds of all frames. without_frame: failed attempts."""

    def __init__(self) -> None:
        self.total = 0.0
        self.without_frame = 0
        self._counts = [0] * (len(LIMITS) + 1)

    def note(self, seconds: float | None) -> None:
        """Record an attempt. seconds: of the render; None if it failed."""
        if seconds is None:
            self.without_frame += 1
        else:
            self.total += seconds
            self._counts[bisect_left(LIMITS, seconds)] += 1

    @property
    def count(self) -> int:
        return sum(self._counts)

    def up_to(self) -> list[tuple[float, int]]:
        """Each bound with the number of frames that took at most that long."""
        return [(limit, sum(self._counts[: place + 1])) for place, limit in enumerate(LIMITS)]
