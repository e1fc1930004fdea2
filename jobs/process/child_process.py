"""How child processes are started: on Windows without a window, and where they put temporary files.

Standard library only.
"""

from __future__ import annotations

import subprocess
import sys

TEMPORARY_VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""They tell a program, on every system, where to put temporary files. Blender leaves its own when it is killed."""
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""For `creationflags`: otherwise a console program whose parent has no console opens a window, if only for a moment."""


def window_flags() -> int:
    """The same, but a child shares this program's console if there is one, for Ctrl+C and its output."""
    if sys.platform == "win32":
        import ctypes

        return 0 if ctypes.windll.kernel32.GetConsoleCP() else NO_WINDOW
    return 0
