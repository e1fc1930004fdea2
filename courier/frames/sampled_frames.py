"""Which frames are searched for signs of a fault: a sample, and all of them once one had any."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ...jobs.journal.submission import FrameRecord, FrameState
from .suspicion import SIGNS, FaultColors
from .verify import Verdict, suspicion_of

EVERY = 25
"""Reading pixels takes a second of Python per HD frame: the first and every 25th, and all once one looked wrong."""


class FrameSampler:
    """Decides which frames of a submission are searched: a sample, and all once one looked wrong, the earlier ones too.

    Safe to share between threads.
    """

    def __init__(self, colors: FaultColors) -> None:
        self._colors = colors
        self._guard = threading.Lock()
        self._count = 0
        self._looked: set[str] = set()
        self._all_read: set[str] = set()
        self._was_wrong = False

    def recall(self, records: Iterable[FrameRecord]) -> None:
        """Restore what an earlier run has found."""
        self._was_wrong = self._was_wrong or any(one.reason in SIGNS for one in records)

    def colors_for(self, name: str, *, is_all_read: bool = False) -> FaultColors | None:
        """What to search this frame for; None if it is not searched.

        is_all_read: whether Blender is known to have read all its images, so that any pink is the artist's.
        """
        with self._guard:
            self._count += 1
            if is_all_read:
                self._all_read.add(name)
            looks = self._was_wrong or name in self._looked or self._count % EVERY == 1
            if looks:
                self._looked.add(name)
            return self._searched(name) if looks else None

    def saw(self, verdict: Verdict) -> None:
        self._was_wrong = self._was_wrong or verdict.is_sampled

    def missed(self, records: Iterable[FrameRecord]) -> list[FrameRecord]:
        """Downloaded frames that still have to be searched."""
        if not self._was_wrong:
            return []
        return [one for one in records if one.state is FrameState.DOWNLOADED and one.name not in self._looked]

    def look_again(self, record: FrameRecord) -> str:
        """Why a downloaded frame looks wrong, or "". One that is gone or can no longer be read is left alone."""
        self._looked.add(record.name)
        try:
            return suspicion_of(Path(record.path), self._searched(record.name))
        except (OSError, ValueError):
            return ""

    def _searched(self, name: str) -> FaultColors:
        return replace(self._colors, can_be_pink=False) if name in self._all_read else self._colors
