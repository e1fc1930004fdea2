"""Canceling work from another thread: a cancel token, and a deadline for calls that cannot be interrupted.

Name lookup, the TLS handshake and httpx's calls have time limits for each step only, or none at all.
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
        """Make the token usable again; no earlier work may still hold it."""
        self._canceled.clear()

    def wait(self, seconds: float) -> bool:
        """Sleep until canceled, at most this long. Returns whether it was canceled."""
        return self._canceled.wait(seconds)

    def raise_if_canceled(self) -> None:
        """Raise Stopped once canceled."""
        if self.is_canceled:
            raise Stopped("The transfer was stopped.")

    def add(self, interrupt: Callable[[], None]) -> None:
        """Call interrupt on cancellation, in the thread that cancels, so it must not block."""
        with self._guard:
            self._interrupts.append(interrupt)
            if self.is_canceled:
                interrupt()

    def remove(self, interrupt: Callable[[], None]) -> None:
        """Stop calling interrupt on cancellation."""
        with self._guard:
            self._interrupts.remove(interrupt)


NEVER = CancelToken()
"""The token of work that cannot be canceled."""


@contextmanager
def cancellable(token: CancelToken) -> Iterator[None]:
    """Within this context, canceling the token aborts the API calls of this thread."""
    before = current_token()
    _thread.token = token
    try:
        yield
    finally:
        _thread.token = before


def current_token() -> CancelToken:
    """The token that `cancellable` was given in this thread."""
    token: CancelToken = getattr(_thread, "token", NEVER)
    return token


def run_with_deadline(
    act: Callable[[], T], seconds: float, cancel: CancelToken, abort: Callable[[], None], *, patience: float = 0.0
) -> T:
    """Run act in a thread of its own, which is abandoned if it does not end in time.

    Args:
        seconds: how long it may take.
        cancel: stops waiting earlier.
        abort: closes what act waits for; called again when an abandoned act ends after all.
        patience: seconds that act gets in any case, even if canceled.

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
    """End a connection while other threads read from it or write to it: they wake up and find it closed."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # SSLSocket.shutdown would drop the TLS state that they use
    if sys.platform == "win32":  # there it does not wake a call that already waits
        ctypes.windll.kernel32.CancelIoEx(ctypes.c_void_p(sock.fileno()), None)
