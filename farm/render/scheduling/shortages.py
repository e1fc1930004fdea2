"""Shortages on this computer, such as disk or memory: work pauses until they are over, and no job fails."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...state.store import Store
from ..backend import WorkFailed
from ..failures import FAILURES, as_work_failed

_RETRY_SECONDS = 2.0
"""What failed for want of something fails again within it, if it does; what runs for longer is no longer paused."""
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Shortages:
    """seconds: between two attempts."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._pauses = 0

    async def outlast(self, work: Callable[[], Awaitable[None]]) -> WorkFailed | None:
        """Do something, and retry it during shortages. Returns any other failure."""
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

    async def written(self, write: Callable[[], T]) -> T:
        """Write something to the farm's state, and retry while that is not possible."""
        while True:
            try:
                return write()
            except sqlite3.OperationalError as error:
                await self.pause(as_work_failed(error))

    async def pause(self, failure: WorkFailed) -> None:
        """Tell people why rendering pauses, and wait a while."""
        if self._store.pause_reason != failure.name:
            _log.warning("Rendering pauses and continues automatically: %s", failure.name)
        self._store.pause_reason = failure.name
        self._pauses += 1
        asyncio.get_running_loop().call_later(self._seconds + _RETRY_SECONDS, self._over, self._pauses)
        await asyncio.sleep(self._seconds)

    def _over(self, pause: int) -> None:
        """End the pause if nothing has failed since: the work was retried successfully, or was canceled."""
        if pause == self._pauses:
            self._store.pause_reason = ""
