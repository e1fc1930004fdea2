"""Runs between a program and its child, and ends the child's whole process group once either is gone.

    python -I -S keeper.py LIFELINE COMMAND …

LIFELINE: descriptor of the read end of a pipe. Only the program has the write end, which closes however the program
ends. For POSIX systems; Windows has job objects. Standard library only.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Returns the child's exit code, with a signal encoded as in a shell."""
    lifeline = int(sys.argv[1])
    child = subprocess.Popen(sys.argv[2:], process_group=0, pass_fds=(lifeline,))
    for each in (0, 1):  # only the child uses them: their readers must not wait for this process
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
