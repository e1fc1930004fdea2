"""Processes as tests deal with them, on every system."""

import contextlib
import os

import psutil


def kill(pid: int) -> None:
    """End one as a power cut would; nothing happens where it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).kill()


def ask_to_end(pid: int) -> None:
    """As a service manager does; on Windows, where nobody can ask, it is ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).terminate()


def die() -> None:
    """End this very process as a power cut would."""
    psutil.Process().kill()


def child_of(pid: int) -> psutil.Process:
    """The one child of a process."""
    (child,) = psutil.Process(pid).children()
    return child


def with_variable(name: str, start: str) -> list[int]:
    """The processes that have this environment variable, with a value that begins so."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(name, "").startswith(start):
                found.append(process.pid)
    return found


def with_words(*words: str) -> list[int]:
    """The processes whose command line has a word that begins with each of these."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            command = process.cmdline()
            if process.pid != os.getpid() and all(any(each.startswith(word) for each in command) for word in words):
                found.append(process.pid)
    return found
