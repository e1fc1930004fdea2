"""What a render Blender prints: the end of it, and whether all that belongs to an answer has arrived.

The log and the answers use different pipes. So a worker writes a line to its log before each answer, one that no scene
can know.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets

from .load_report import LOG_BYTES

_PIECE = 64 * 1024
_LATE_SECONDS = 5.0


class ProcessLog:
    """end_of_answer: the text of that line."""

    def __init__(self) -> None:
        self.end_of_answer = secrets.token_hex(8)
        self._line = self.end_of_answer.encode() + b"\n"
        self._kept = bytearray()
        self._answers = 0
        self._grown = asyncio.Condition()

    def clear(self) -> None:
        self._kept.clear()

    def tail(self, size: int) -> str:
        return self._kept[-size:].decode("utf-8", "replace")

    async def keep(self, pipe: asyncio.StreamReader) -> None:
        """Read what is printed until the pipe closes."""
        while piece := await pipe.read(_PIECE):
            new = max(0, len(self._kept) - len(self._line) + 1)  # the line may arrive in two pieces
            self._kept += piece
            if ends := self._kept.count(self._line, new):
                self._answers += ends
                self._kept[:] = self._kept.replace(self._line, b"")
                async with self._grown:
                    self._grown.notify_all()
            del self._kept[:-LOG_BYTES]

    async def arrived(self, answers: int) -> None:
        """Wait for what was printed before this many answers; not for long, as an add-on may have closed the log."""
        with contextlib.suppress(TimeoutError):
            async with self._grown:
                await asyncio.wait_for(self._grown.wait_for(lambda: self._answers >= answers), _LATE_SECONDS)
