"""Work that is finished although its task is canceled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def finished(work: Coroutine[Any, Any, Result]) -> tuple[Result, asyncio.CancelledError | None]:
    """What the work returns, and the cancellation that came meanwhile, for the caller to raise once it has cleaned up.

    Raises the work's errors, or CancelledError where both came.
    """
    task, canceled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            canceled = error
    if canceled is not None and (task.cancelled() or task.exception() is not None):
        raise canceled
    return task.result(), canceled
