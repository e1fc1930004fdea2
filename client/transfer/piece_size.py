"""How much of a body to read at once over a connection."""

from __future__ import annotations

from .bandwidth import MAX_CHUNK

SMALLEST = 64 * 1024
PART = 4
"""A piece is at most this part of what the connection has brought."""
_MOMENT_SECONDS = 0.1


class PieceSize:
    """Grows with what a connection brings without a pause: large pieces take less of the processor.

    A reset loses what has come of a piece: that is never much beside what is kept. A whole piece must arrive within the
    time limit for silence: on a slow line it is small.
    """

    def __init__(self) -> None:
        self._brought = 0

    @property
    def bytes(self) -> int:
        return min(MAX_CHUNK, max(SMALLEST, self._brought // PART))

    def arrived(self, count: int, seconds: float) -> None:
        """So many bytes came, in so many seconds."""
        self._brought = self._brought + count if seconds < _MOMENT_SECONDS else 0
