"""Waiting in tests for what other processes and threads do."""

import time
from collections.abc import Callable

PATIENCE = 180.0
"""Seconds until a test gives up. It says nothing about speed: on a busy machine everything may take long."""


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    """Look again and again until it holds.

    Args:
        condition: is looked at.
        what: it means, for the error.
        seconds: only where the time matters, or where more is needed.

    Raises AssertionError when it does not hold in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"Not within {seconds:g} s: {what}"
        time.sleep(0.02)
