"""How long frames took since the farm has started: counts by limits of seconds, as a histogram of Prometheus."""

from __future__ import annotations

from bisect import bisect_left

LIMITS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 10_800.0)


class FrameTimes:
    """total: seconds of all frames. without_frame: attempts of which nothing came."""

    def __init__(self) -> None:
        self.total = 0.0
        self.without_frame = 0
        self._counts = [0] * (len(LIMITS) + 1)

    def note(self, seconds: float | None) -> None:
        """One attempt has ended. seconds: of the render; None when nothing came of it."""
        if seconds is None:
            self.without_frame += 1
        else:
            self.total += seconds
            self._counts[bisect_left(LIMITS, seconds)] += 1

    @property
    def count(self) -> int:
        return sum(self._counts)

    def up_to(self) -> list[tuple[float, int]]:
        """Each limit with how many frames took no longer."""
        return [(limit, sum(self._counts[: place + 1])) for place, limit in enumerate(LIMITS)]
