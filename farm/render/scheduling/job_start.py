"""Adds the frames of a started job to the store in batches, so that a job with very many does not block other calls."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence

from ....client import frame_ranges
from ...state.job_status import BOOTING
from ...state.records import JobRecord
from ...state.store import Store
from ...state.workspaces import Workspaces
from .shortages import Shortages

_STEP = 500
_PAUSE_SECONDS = 0.002
"""Between two steps, for what else waits."""


class JobStart:
    """workspaces: frames that are not in the store yet count for their quotas."""

    def __init__(self, store: Store, workspaces: Workspaces, shortages: Shortages) -> None:
        self._store = store
        self._workspaces = workspaces
        self._shortages = shortages

    async def add_frames(self, job: JobRecord, frames: Sequence[int]) -> bool:
        """Returns whether all were added: False if the job was canceled meanwhile. Waits while the disk is full."""
        left = len(frames)
        self._workspaces.frames_coming(job.workspace_id, left)
        try:
            for first in range(0, len(frames), _STEP):
                if self._store.get(job.id).status != BOOTING:
                    return False
                step = frames[first : first + _STEP]
                await self._shortages.outlast(functools.partial(self._add, job.id, step))
                self._workspaces.frames_coming(job.workspace_id, -len(step))
                left -= len(step)
                await asyncio.sleep(_PAUSE_SECONDS if left else 0)
        finally:
            self._workspaces.frames_coming(job.workspace_id, -left)
        return self._store.get(job.id).status == BOOTING

    async def _add(self, job_id: str, frames: Sequence[int]) -> None:
        self._store.add_frames(job_id, frames)


def add_missing(store: Store, job: JobRecord) -> None:
    """Add the remaining frames of a start during which an earlier farm ended."""
    frames = frame_ranges.parse_all((job.config or {})["frameRanges"])
    if store.counts(job.id).total < len(frames):
        store.add_frames(job.id, frames)
