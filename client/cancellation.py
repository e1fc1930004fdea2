"""Giving work up from another thread: a token to cancel, and a time limit for what nothing can interrupt.

Looking up a name, setting up TLS and httpx's calls know time limits for each single step alone, or none at all.
"""

from __future__ import annotations

import ctypes
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import TypeVar

from .errors import Stopped

T = TypeVar("T")
_thread = threading.local()


class CancelToken:
    """Tells work in other threads that it is no longer wanted, and interrupts what it waits for."""

    def __init__(self) -> None:
        self._canceled = threading.Event()
        self._guard = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    @property
    def is_canceled(self) -> bool:
        return self._canceled.is_set()

    def cancel(self) -> None:
        """Returns at once; the work ends in its own thread with Stopped."""
        with self._guard:
            self._canceled.set()
            for interrupt in self._interrupts:
                interrupt()

    def reset(self) -> None:
        """Reset the token for the next work; no earlier work may still hold it."""
        self._canceled.clear()

    def wait(self, seconds: float) -> bool:
        """Sleep until canceled, and no longer than this; whether it was canceled."""
        return self._canceled.wait(seconds)

    def raise_if_canceled(self) -> None:
        """Raise Stopped once canceled."""
        if self.is_canceled:
            raise Stopped("The transfer was stopped.")

    def add(self, interrupt: Callable[[], None]) -> None:
        """Have interrupt called when canceled, in the thread that cancels: it must not wait."""
        with self._guard:
            self._interrupts.append(interrupt)
            if self.is_canceled:
                interrupt()

    def remove(self, interrupt: Callable[[], None]) -> None:
        """From now on interrupt is not called any more."""
        with self._guard:
            self._interrupts.remove(interrupt)


NEVER = CancelToken()
"""The token of work that cannot be canceled."""


@contextmanager
def cancellable(token: CancelToken) -> Iterator[None]:
    """The API calls that this thread makes meanwhile are given up when the token is canceled."""
    before = current_token()
    _thread.token = token
    try:
        yield
    finally:
        _thread.token = before


def current_token() -> CancelToken:
    """What `cancellable` was given for this thread."""
    token: CancelToken = getattr(_thread, "token", NEVER)
    return token


def run_with_deadline(
    act: Callable[[], T], seconds: float, cancel: CancelToken, abort: Callable[[], None], *, patience: float = 0.0
) -> T:
    """Run act in a thread of its own, which is left behind if it does not end in time.

    Args:
        seconds: how long it may take.
        cancel: gives it up earlier.
        abort: takes away what act waits for; also called when an act that was left behind ends after all.
        patience: seconds that act has in any case, also when canceled.

    Returns what act returns. Raises what act raises, TimeoutError and Stopped.
    """
    result: Future[T] = Future()
    ended, canceled = threading.Event(), threading.Event()

    def work() -> None:
        try:
            result.set_result(act())
        except BaseException as error:
            result.set_exception(error)

    def interrupt() -> None:
        canceled.set()
        ended.set()

    result.add_done_callback(lambda _: ended.set())
    soonest = time.monotonic() + patience
    threading.Thread(target=work, name="farmhand-wait", daemon=True).start()
    cancel.add(interrupt)
    try:
        ended.wait(seconds)
    finally:
        cancel.remove(interrupt)
    if canceled.is_set():
        wait([result], max(0.0, min(patience, seconds, soonest - time.monotonic())))
    if result.done():
        return result.result()
    result.add_done_callback(lambda _: abort())
    abort()
    if canceled.is_set():
        raise Stopped("The transfer was stopped.")
    raise TimeoutError(f"{seconds:g} s")


def shut_down(sock: socket.socket) -> None:
    """End a connection under the threads that read from it or write to it: they wake up and find it closed."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS' own would take its state away under those threads
    if sys.platform == "win32":  # there a call that waits already is not woken by that
        ctypes.windll.kernel32.CancelIoEx(ctypes.c_void_p(sock.fileno()), None)
