"""How much of a body to read at once over a connection."""

from __future__ import annotations

from .bandwidth import MAX_CHUNK

SMALLEST = 64 * 1024
PART = 4
"""A piece is at most what the connection has brought, divided by this."""
_MOMENT_SECONDS = 0.1


class PieceSize:
    """Grows while a connection delivers without pauses: large pieces take less CPU time.

    A reset loses the piece that is being read, which is small compared to what is kept. A whole piece must arrive
    within the time limit for silence, so it is small on a slow line.
    """

    def __init__(self) -> None:
        self._brought = 0

    @property
    def bytes(self) -> int:
        return min(MAX_CHUNK, max(SMALLEST, self._brought // PART))

    def arrived(self, count: int, seconds: float) -> None:
        """Record that count bytes arrived in this time."""
        self._brought = self._brought + count if seconds < _MOMENT_SECONDS else 0
