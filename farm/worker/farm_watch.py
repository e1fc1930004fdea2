"""Ends this worker with its farm, wherever it is and whatever it does. Standard library only, and nothing of Blender.

Whoever started this process may be gone already, or be another one than the farm: bubblewrap asks for its parent's
death only once its namespaces stand. The end of a pipe that the farm alone keeps open tells for certain.
"""

import ctypes
import os
import select
import signal
import sys

_PARENT_DEATH_SIGNAL = 1


def end_with_the_farm(lifeline: int | None) -> None:
    """On Linux the kernel ends this process when the farm dies, even in the middle of a frame.

    lifeline: the number of the reading end of a pipe into which nothing is ever written.
    Windows has a job object for it and macOS a keeper; else it ends after the frame in hand, with its standard input.
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
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(1)
