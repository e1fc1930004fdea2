"""A bandwidth limit that several transfers share."""

from __future__ import annotations

import threading
import time

from ..cancellation import CancelToken

MAX_CHUNK = 1024 * 1024


class BandwidthLimit:
    """A limit in bytes per second for all transfers that share it; 0 means no limit."""

    def __init__(self, bytes_per_second: float = 0.0) -> None:
        self.bytes_per_second = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0

    @property
    def chunk(self) -> int:
        """How many bytes to read at once: few under a low limit, to avoid bursts."""
        if not self.bytes_per_second:
            return MAX_CHUNK
        return max(4096, min(MAX_CHUNK, int(self.bytes_per_second / 8)))

    def throttle(self, count: int, cancel: CancelToken) -> None:
        """Wait as long as count bytes, just moved, take under the limit. Raises Stopped."""
        if not self.bytes_per_second:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + count / self.bytes_per_second
            left = self._free_at - now
        if cancel.wait(left):
            cancel.raise_if_canceled()
