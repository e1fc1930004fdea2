"""Ends this worker with its farm, whatever the worker is doing. Standard library only, without Blender.

The parent process may already be gone, or may not be the farm: bubblewrap registers for its parent's death only once
its namespaces exist. The end of a pipe that only the farm keeps open is certain.
"""

import ctypes
import os
import select
import signal
import sys

_PARENT_DEATH_SIGNAL = 1


def end_with_the_farm(lifeline: int | None) -> None:
    """On Linux the kernel ends this process when the farm dies, even in the middle of a frame.

    lifeline: descriptor of the read end of a pipe that nothing is ever written to.
    Windows has a job object for this and macOS a keeper; else it ends with its standard input, after the frame.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if lifeline is None:
        return
    import fcntl

    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, _ending_signal())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(1)


def _ending_signal() -> int:
    """Process 1 of a namespace gets only signals that it handles (pid_namespaces(7)), so there one calls `_exit`.

    The handler is C: one in Python would wait for the end of the frame.
    """
    if os.getpid() != 1:
        return signal.SIGKILL
    library = ctypes.CDLL(None)
    library.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    library.signal(signal.SIGIO, ctypes.cast(library._exit, ctypes.c_void_p))
    return signal.SIGIO
