"""Waiting for what other programs do."""

import time
from collections.abc import Callable

PATIENCE = 180.0
"""Seconds until a test gives up: it says nothing about speed."""


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
