"""Which process a pid means: the system reuses the pid of a process that has ended.

Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _MAY_ASK = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    _STILL_ACTIVE = 259

    def started(pid: int) -> str:
        """When a living process began, in the system's own words; "" when there is none, or it may not be asked."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        process = wintypes.HANDLE(kernel.OpenProcess(_MAY_ASK, False, pid))
        if not process:
            return ""
        try:
            code = wintypes.DWORD()
            times = [wintypes.FILETIME() for _ in range(4)]
            lives = kernel.GetExitCodeProcess(process, ctypes.byref(code)) and code.value == _STILL_ACTIVE
            if not lives or not kernel.GetProcessTimes(process, *(ctypes.byref(one) for one in times)):
                return ""
            return f"{times[0].dwHighDateTime}.{times[0].dwLowDateTime}"
        finally:
            kernel.CloseHandle(process)

elif sys.platform == "linux":

    def started(pid: int) -> str:
        """When a living process began, in the system's own words; "" when there is none, or it may not be asked."""
        try:
            state, *values = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
        except (OSError, ValueError):
            return ""
        return "" if state in ("Z", "X") else values[18]

else:

    def started(pid: int) -> str:
        """When a living process began, in the system's own words; "" when there is none, or it may not be asked."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
            environment = {"LC_ALL": "C", "TZ": "UTC"}
            found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=5, check=False)
            return found.stdout.strip()
        return ""


def end(pid: int, began: str) -> None:
    """End a process at once, if it is still the one that began then."""
    if began and started(pid) == began:
        with contextlib.suppress(OSError):
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
