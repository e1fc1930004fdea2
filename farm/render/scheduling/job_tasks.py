"""The running tasks of each job, which end with it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class JobTasks:
    """broken: called with a job whose work failed through a bug of the farm, so that it does not wait forever."""

    def __init__(self, broken: Callable[[str], Awaitable[None]]) -> None:
        self._broken = broken
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def spawn(self, job_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(job_id, work))
        self._tasks.setdefault(job_id, set()).add(task)
        task.add_done_callback(lambda done: self._ended(job_id, done))
        task.add_done_callback(lambda _: work.close())  # never started if the task was canceled before its first step

    async def stop_others(self, job_id: str) -> None:
        """End a job's other tasks; the calling task continues."""
        current = asyncio.current_task()
        await _end([task for task in self._tasks.get(job_id, ()) if task is not current])

    async def stop(self) -> None:
        """End all tasks."""
        await _end([task for tasks in self._tasks.values() for task in tasks])

    async def _guarded(self, job_id: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            _log.exception("Work for job %s broke", job_id)
            await self._broken(job_id)

    def _ended(self, job_id: str, task: asyncio.Task[None]) -> None:
        tasks = self._tasks[job_id]
        tasks.discard(task)
        if not tasks:
            del self._tasks[job_id]
        with contextlib.suppress(asyncio.CancelledError):
            error = task.exception()
            if error is not None:
                _log.error("Job %s could not be ended", job_id, exc_info=error)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
