"""Windows: a job object, which bounds memory and processes and ends with the farm. It restricts no files or network.

Written from Microsoft's documentation. That a child ends with its job was tried under Wine; the limits were not.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_EXTENDED_LIMITS, _UI_RESTRICTIONS = 9, 4
_ACTIVE_PROCESS, _JOB_MEMORY, _KILL_ON_CLOSE = 0x8, 0x200, 0x2000
_NO_UI = 0xFF
_SET_QUOTA_AND_TERMINATE = 0x0100 | 0x0001


class _Basic(ctypes.Structure):
    _fields_ = (
        ("process_time", ctypes.c_int64), ("job_time", ctypes.c_int64), ("flags", ctypes.c_uint32),
        ("least_memory", ctypes.c_size_t), ("most_memory", ctypes.c_size_t), ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t), ("priority", ctypes.c_uint32), ("scheduling", ctypes.c_uint32),
    )  # fmt: skip


class _Extended(ctypes.Structure):
    _fields_ = (
        ("basic", _Basic), ("io", ctypes.c_uint64 * 6), ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t), ("peak_process", ctypes.c_size_t), ("peak_job", ctypes.c_size_t),
    )  # fmt: skip


def bound(pid: int, memory_bytes: int, processes: int) -> int:
    """Put a process into its own job object, which ends with the farm, however the farm ends.

    Args:
        pid: of a process that has just started; what it starts before this call is outside the job.
        memory_bytes: for all its processes together.
        processes: how many there may be at a time; 0 for any number, which also allows the clipboard and desktop.

    Returns:
        The job's handle, which must stay open until the process has ended; 0 if it could not be created.
    """
    return _bound(pid, memory_bytes, processes) if sys.platform == "win32" else 0


def _bound(pid: int, memory_bytes: int, processes: int) -> int:
    kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    for name in ("CreateJobObjectW", "OpenProcess"):
        getattr(kernel, name).restype = ctypes.c_void_p
    job = kernel.CreateJobObjectW(None, None)
    process = kernel.OpenProcess(_SET_QUOTA_AND_TERMINATE, False, pid)
    if not job or not process:
        return 0
    limits = _Extended()
    limits.basic.flags = _JOB_MEMORY | _KILL_ON_CLOSE | (_ACTIVE_PROCESS if processes else 0)
    limits.basic.processes = processes
    limits.job_memory = memory_bytes
    no_ui = ctypes.c_uint32(_NO_UI if processes else 0)
    handle = ctypes.c_void_p(job)
    kernel.SetInformationJobObject(handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
    kernel.SetInformationJobObject(handle, _UI_RESTRICTIONS, ctypes.byref(no_ui), ctypes.sizeof(no_ui))
    kernel.AssignProcessToJobObject(handle, ctypes.c_void_p(process))
    kernel.CloseHandle(ctypes.c_void_p(process))
    return int(job)


def close(job: int) -> None:
    """End everything that is left in the job."""
    if job and sys.platform == "win32":
        ctypes.WinDLL("kernel32").CloseHandle(ctypes.c_void_p(job))
