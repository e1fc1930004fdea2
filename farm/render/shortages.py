"""Shortages of this computer, of disk or memory for instance: work pauses until they are over. No job is to blame."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..state.store import Store
from .backend import WorkFailed
from .failures import FAILURES, as_work_failed

_log = logging.getLogger(__name__)


class Shortages:
    """seconds: between two tries."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds

    async def outlast(self, work: Callable[[], Awaitable[None]]) -> WorkFailed | None:
        """Do something, again and again while the farm lacks what it needs. Returns any other failure."""
        while True:
            try:
                await work()
            except FAILURES as error:
                failure = as_work_failed(error)
                if not failure.is_shortage:
                    return failure
                await self.pause(failure)
            else:
                self._store.pause_reason = ""
                return None

    async def pause(self, failure: WorkFailed) -> None:
        """Tell people why rendering pauses, and wait a while."""
        if self._store.pause_reason != failure.name:
            _log.warning("Rendering pauses and continues by itself: %s", failure.name)
        self._store.pause_reason = failure.name
        await asyncio.sleep(self._seconds)
