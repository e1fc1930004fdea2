"""A bandwidth limit that several transfers share."""

from __future__ import annotations

import threading
import time

from ..cancellation import CancelToken

MAX_CHUNK = 1024 * 1024


class BandwidthLimit:
    """Bytes a second at most, over all transfers that hold it; 0 means no limit."""

    def __init__(self, bytes_per_second: float = 0.0) -> None:
        self.bytes_per_second = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0

    @property
    def chunk(self) -> int:
        """How much to read at once, so that a slow limit does not come in bursts."""
        if not self.bytes_per_second:
            return MAX_CHUNK
        return max(4096, min(MAX_CHUNK, int(self.bytes_per_second / 8)))

    def throttle(self, count: int, cancel: CancelToken) -> None:
        """Wait until count bytes that were just moved are paid for. Raises Stopped."""
        if not self.bytes_per_second:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + count / self.bytes_per_second
            left = self._free_at - now
        if cancel.wait(left):
            cancel.raise_if_canceled()
