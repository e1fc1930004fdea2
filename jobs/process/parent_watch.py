"""A child that is to end when its parent does holds the other end of a pipe, which closes however the parent ends.

Windows knows no way to ask a program in the background to end, but for a message. Standard library only.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import threading


def interrupt_when_stdin_closes() -> None:
    """From now on the end of standard input is what Ctrl+C is. Nothing else may read it."""
    threading.Thread(target=_watch, name="watching the parent", daemon=True).start()


def _watch() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    _thread.interrupt_main(signal.SIGINT)
