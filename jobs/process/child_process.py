"""How child processes are started: on Windows without a window, and where they put temporary files.

Standard library only.
"""

from __future__ import annotations

import subprocess
import sys

TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""By which a program is told where its temporary files go, on every system. Blender leaves its own when it is ended."""
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""For `creationflags`: a console program whose parent has no console opens a window otherwise, if only for a moment."""


def window_flags() -> int:
    """The same for a child that shares this program's console, if it has one: Ctrl+C and what is printed go there."""
    if sys.platform == "win32":
        import ctypes

        return 0 if ctypes.windll.kernel32.GetConsoleCP() else NO_WINDOW
    return 0
