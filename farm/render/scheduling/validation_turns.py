"""Limits validations at a time, because each may fill the memory; workspaces take turns, however many files wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator


class ValidationTurns:
    """limit: validations at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        """By workspace; the one that was served last stands last."""

    @contextlib.asynccontextmanager
    async def turn(self, workspace_id: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it."""
        granted = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(workspace_id, []).append(granted)
        self._grant()
        try:
            await granted
            yield
        finally:
            self._give_back(workspace_id, granted)

    def _grant(self) -> None:
        while self._waiting and self._busy.total() < self._limit:
            workspace_id = min(self._waiting, key=lambda each: self._busy[each])
            waiting = [each for each in self._waiting.pop(workspace_id) if not each.cancelled()]
            if waiting:
                waiting.pop(0).set_result(None)
                self._busy[workspace_id] += 1
            if waiting:
                self._waiting[workspace_id] = waiting

    def _give_back(self, workspace_id: str, granted: asyncio.Future[None]) -> None:
        if granted.done() and not granted.cancelled():
            self._busy[workspace_id] -= 1
        else:  # canceled while it waited
            waiting = self._waiting.get(workspace_id, [])
            if granted in waiting:
                waiting.remove(granted)
            if not waiting:
                self._waiting.pop(workspace_id, None)
        self._grant()
