"""A stream of events that says when a page should be reloaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

LOOK_SECONDS = 1.0
_QUIET_SECONDS = 15.0


async def events(state: Callable[[], Any], is_allowed: Callable[[], bool]) -> AsyncIterator[str]:
    """Server-sent events: "changed" after each change of what `state` returns, at most one a second.

    is_allowed: checked repeatedly; the stream ends when it returns False, as for a revoked key.
    """
    known, quiet = state(), 0.0
    yield "retry: 3000\n\n"
    while is_allowed():
        await asyncio.sleep(LOOK_SECONDS)
        quiet += LOOK_SECONDS
        if (found := state()) != known:
            known, quiet = found, 0.0
            yield "event: changed\ndata:\n\n"
        elif quiet >= _QUIET_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"
