"""Starts Farmhand's child processes: the courier, the farm. Runs inside Blender: standard library, no waiting."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...client import files
from ...client.errors import LocalProblem
from ...client.message import msg
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import CourierInfo
from ...jobs.process.child_process import NO_WINDOW
from ...jobs.process.file_lock import is_held
from ...jobs.user_folder import UserFolder
from ...jobs.version import version
from .keys_in_memory import fingerprint

_ROOT = Path(__file__).resolve().parent.parent.parent
# A child in the background whose parent need not wait: the shell ends at once and leaves the child to the system.
_BACKGROUND = 'exec 3<&0; "$@" 0<&3 3<&- &'
_SECRET_VARIABLES = ("FARMHAND_API_KEY",)
_LOG_BYTES = 256 * 1024


def python_command(role: str, *arguments: str) -> list[str]:
    """The command that runs one of Farmhand's programs in a Python of its own. Raises LocalProblem."""
    return [sys.executable, "-I", str(_ROOT / "launch.py"), "--wheels", str(_wheels()), role, *arguments]


def show_folder(home: UserFolder, folder: Path) -> None:
    """Show a folder in the system's file browser. Returns at once, whatever drive it is on. Raises LocalProblem."""
    program = Path(__file__).with_name("show_folder.py")
    start_detached([sys.executable, "-I", str(program), str(folder)], home.logs / "show_folder.err")


def start_detached(command: Sequence[str], log: Path, stdin: str = "") -> None:
    """Start a program that outlives us, pass it one text, and forget it.

    Args:
        command: program and arguments; it gets the environment without keys.
        log: gets its output, and is kept small.
        stdin: what it reads before standard input ends.

    Raises:
        LocalProblem: it cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in _SECRET_VARIABLES}
    _keep_small(log)
    try:
        with log.open("ab") as output:
            _start(command, environment, output.fileno(), stdin.encode(), log.parent)
    except OSError as error:
        raise LocalProblem(
            msg("Farmhand's background process could not be started ({reason}).", reason=error.strerror),
            "Your jobs are kept and continue once it runs.",
            "Try again. If the error persists, restart Blender.",
        ) from error


def ensure_courier(home: UserFolder, keys: Mapping[str, str]) -> None:
    """Make sure that a courier of this version that knows these servers' keys is running. Returns at once.

    keys: server URL → key. They are passed only through the child's standard input.
    """
    with Journal(home.journal) as journal:
        presence = journal.courier()
    if presence is not None and _is_enough(presence, keys) and is_held(home.lock):
        return
    command = python_command("courier", "--home", str(home.folder))
    start_detached(command, home.logs / "courier.err", json.dumps({"keys": dict(keys)}))


def _is_enough(presence: CourierInfo, keys: Mapping[str, str]) -> bool:
    """Whether this courier, if it lives, is of our version and has all these keys."""
    if presence.version != version() or presence.handover:
        return False
    return all(presence.keys_for.get(url) == fingerprint(presence.started, key) for url, key in keys.items())


def _keep_small(log: Path) -> None:
    """Rotate a long log, replacing the previous one. On Windows, one that another program writes to stays."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > _LOG_BYTES:
            files.replace(log, log.with_name(f"{log.name}.1"), wait_seconds=0)


def _wheels() -> Path:
    """The folder of the bundled libraries, found without importing any."""
    spec = importlib.util.find_spec("httpx")
    if spec is None or spec.origin is None:
        raise LocalProblem(
            "Farmhand's libraries are not installed.",
            "Nothing can be sent.",
            "Install the extension again from its zip, then restart Blender.",
        )
    return Path(spec.origin).parent.parent


def _start(command: Sequence[str], environment: dict[str, str], log: int, stdin: bytes, folder: Path) -> None:
    """folder: its working folder. A project's could not be renamed, nor its drive ejected, while it runs."""
    if sys.platform == "win32":
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, creationflags=NO_WINDOW, cwd=folder
        )
    else:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _BACKGROUND, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            cwd=folder,
        )
    assert process.stdin is not None
    with process.stdin as pipe:
        pipe.write(stdin)
    if sys.platform == "win32":
        process.returncode = 0  # nothing waits for it, and Python would warn about that
    else:
        process.wait()
