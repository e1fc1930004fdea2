"""Waits that can be given up: what nothing can interrupt runs in a thread of its own, which is left behind.

Looking up a name, shaking hands and httpx's calls know time limits for each single byte alone, or none at all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TypeVar

from .transfer.socket import SLICE_SECONDS, ShouldStop, check, never

T = TypeVar("T")
_wish = threading.local()


@contextmanager
def heeding(should_stop: ShouldStop) -> Iterator[None]:
    """The API calls that this thread makes meanwhile are given up when should_stop says so and no answer comes."""
    before = current_wish()
    _wish.should_stop = should_stop
    try:
        yield
    finally:
        _wish.should_stop = before


def current_wish() -> ShouldStop:
    """What `heeding` was told for this thread."""
    wish: ShouldStop = getattr(_wish, "should_stop", never)
    return wish


def within(seconds: float, act: Callable[[], T], should_stop: ShouldStop, give_up: Callable[[], None]) -> T:
    """What act returns or raises.

    Raises TimeoutError after so many seconds, and Stopped; both after give_up, which takes away what act waits for.
    """
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(act())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=work, name="farmhand-wait", daemon=True).start()
    end, stops = time.monotonic() + seconds, False
    while not wait([result], min(SLICE_SECONDS, seconds)).done:
        stops = should_stop()
        if stops or time.monotonic() >= end:
            break
    else:
        return result.result()
    result.add_done_callback(lambda _: give_up())  # what it opens from now on is closed as well
    give_up()
    check(lambda: stops)
    raise TimeoutError(f"{seconds:g} s")
