"""Linux: namespaces by bubblewrap. The Blender sees the system's libraries, itself and its job; no network, no other
process, no other file of this computer.

It is process 1 of its namespace: bubblewrap's own process 1 would be there too, without the worker's filter of system
calls, and open to changes through /proc/1/mem (bwrap(1), --as-pid-1).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import places
from .places import Places

_PROBE_SECONDS = 10.0


def is_usable() -> bool:
    """Whether bubblewrap is installed and this system lets it make namespaces."""
    program = shutil.which("bwrap")
    if program is None:
        return False
    try:
        command = wrap(["/usr/bin/env", "true"], Places(()), {}, Path("/"))
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def wrap(command: Sequence[str], seen: Places, environment: Mapping[str, str], folder: Path) -> list[str]:
    """The command in its own namespaces: no network, no other processes, only the given places of the disk.

    Args:
        command: program and arguments.
        seen: the places it may read, write, or use as devices.
        environment: the whole environment of the command.
        folder: where it starts; one of `seen`.
    """
    words = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session"]
    words += ["--cap-drop", "ALL", "--hostname", "farm", "--clearenv"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    words += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp"]
    for path in _outermost([*places.of_system(), *seen.readable]):
        words += ["--symlink", str(path.readlink()), str(path)] if _is_system_link(path) else _bind("--ro-bind", path)
    for path in seen.writable:
        words += _bind("--bind", path)
    for path in seen.devices:
        words += _bind("--dev-bind-try", path)
    if not seen.devices:
        # No Blender uses it, and a shared mapping of it is memory that no limit counts (worker/safety/call_filter.py).
        words += ["--dev-bind", "/dev/null", "/dev/zero"]
    # The root and /dev are file systems in memory, without a size limit. Through /proc, a process could change memory
    # that is read only, and when it is ended if memory runs out (proc(5), mem and oom_score_adj).
    words += ["--remount-ro", "/dev", "--remount-ro", "/proc", "--remount-ro", "/"]
    return [*words, "--chdir", str(folder), "--", *command]


def _bind(how: str, path: Path) -> list[str]:
    return [how, str(path), str(path)]


def _is_system_link(path: Path) -> bool:
    """Whether it is a link such as /lib on systems that have moved everything into /usr."""
    return len(path.parts) == 2 and path.is_symlink()


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """Without paths that are below another one."""
    kept: list[Path] = []
    for path in sorted(dict.fromkeys(paths), key=lambda path: len(path.parts)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept
