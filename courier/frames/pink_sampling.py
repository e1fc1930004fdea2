"""Which frames are searched for the pink of missing textures: a sample, and all of them once one was pink."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from ...jobs.submission import FrameRecord, FrameState
from . import png
from .verify import PINK, Verdict

PINK_EVERY = 25
"""Looking for pink takes a second of Python per HD frame: the first frame and every 25th, and all once one was pink."""


class PinkSampler:
    """Decides which frames of a submission are searched for pink: a sample, and all once one was, the earlier ones too.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._count = 0
        self._looked: set[str] = set()
        self._was_pink = False

    def recall(self, records: Iterable[FrameRecord]) -> None:
        """Take in what an earlier run has found."""
        self._was_pink = self._was_pink or any(one.reason == PINK for one in records)

    def should_look(self, name: str) -> bool:
        with self._guard:
            self._count += 1
            looks = self._was_pink or name in self._looked or self._count % PINK_EVERY == 1
            if looks:
                self._looked.add(name)
            return looks

    def saw(self, verdict: Verdict) -> None:
        self._was_pink = self._was_pink or verdict.is_pink

    def missed(self, records: Iterable[FrameRecord]) -> list[FrameRecord]:
        """Frames that are here and have to be looked at once more."""
        if not self._was_pink:
            return []
        return [one for one in records if one.state is FrameState.DOWNLOADED and one.name not in self._looked]

    def look_again(self, record: FrameRecord) -> bool:
        """Whether a frame that is in its place is pink.  One that was taken away or painted over is not ours."""
        self._looked.add(record.name)
        try:
            return png.is_pink(Path(record.path))
        except (OSError, ValueError):
            return False
