"""Ends a child with its parent: the child reads from a pipe, which closes however the parent ends.

On Windows only a message can ask a program in the background to end. Standard library only.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import threading


def interrupt_when_stdin_closes() -> None:
    """From now on, the end of standard input acts like Ctrl+C. Nothing else may read it."""
    threading.Thread(target=_watch, name="watching the parent", daemon=True).start()


def _watch() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    _thread.interrupt_main(signal.SIGINT)
