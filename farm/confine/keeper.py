"""Stands between a program and a child of it, and ends the child's whole group once either is gone.

    python -I -S keeper.py LIFELINE COMMAND …

LIFELINE: number of the reading end of a pipe whose other end the program alone has: it closes however that ends. For
systems of POSIX; Windows has job objects. Standard library only.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Returns the child's exit code, a signal as a shell does."""
    lifeline = int(sys.argv[1])
    child = subprocess.Popen(sys.argv[2:], process_group=0, pass_fds=(lifeline,))
    for each in (0, 1):  # they are the child's alone: who waits for their end must not wait for this process
        os.close(each)
    threading.Thread(target=_end_with, args=(lifeline, child.pid), daemon=True).start()
    code = child.wait()
    _end_group(child.pid)
    return code if code >= 0 else 128 - code


def _end_with(lifeline: int, group: int) -> None:
    os.read(lifeline, 1)
    _end_group(group)


def _end_group(group: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    raise SystemExit(main())
