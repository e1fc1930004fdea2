"""How every child process is started on Windows: without a window of its own. Standard library only."""

from __future__ import annotations

import subprocess
import sys

NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""For `creationflags`: a console program whose parent has no console opens a window otherwise, if only for a moment."""


def window_flags() -> int:
    """The same for a child that shares this program's console, if it has one: Ctrl+C and what is printed go there."""
    if sys.platform == "win32":
        import ctypes

        return 0 if ctypes.windll.kernel32.GetConsoleCP() else NO_WINDOW
    return 0
