"""`farmhand farm`: starts the farm, prints how to reach it, and ends it. Standard library only."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..courier.process import launcher
from ..farm import options
from ..jobs import user_folder
from ..jobs.process.child_process import window_flags
from . import find_blender
from .output import DONE, INTERRUPTED, TROUBLE, WRONG_USE, Screen

_MANAGING = ("keys", "workspaces", "invite")
_END_SECONDS = 30.0
EXAMPLE = "farm --host 0.0.0.0 --port 7420 --data /srv/farm --workers 2 --keep-days 30"


def add_arguments(farm: argparse.ArgumentParser) -> None:
    farm.add_argument("--data", metavar="DIR", help="folder for uploads, frames and state (default: the user folder)")
    options.add_options(farm, port=7420)
    farm.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="keys … | workspaces … | invite …",
        help="manage keys, workspaces and nodes instead of serving; see `farmhand farm keys --help`",
    )


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Serve until Ctrl+C. Returns the exit code."""
    data = Path(arguments.data or user_folder.find().farms / "served").absolute()
    if arguments.command:
        return _manage(arguments.command, data, screen, as_json=arguments.json)
    blender = find_blender.find_blender() if arguments.backend == "local" or arguments.own_node else []
    command = launcher.python_command("farm", *_words(arguments, data, blender))
    try:
        with child(command) as process:
            if arguments.run_confined:
                return process.wait()
            return _serve(process, data, arguments.objects or str(data / "objects"), blender, screen)
    except KeyboardInterrupt:
        screen.note("The farm has stopped. Unfinished jobs continue when it starts again.")
        return INTERRUPTED


@contextmanager
def child(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A child process that ends with this command, however that ends, because it reads a pipe from it.

    A service manager, or closing the console, ends this command like Ctrl+C.
    """
    for name in ("SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    flags = window_flags()
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, creationflags=flags) as process:
        try:
            yield process
        except KeyboardInterrupt:
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to exit, then kill it: Windows has no signal for this."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _manage(command: Sequence[str], data: Path, screen: Screen, *, as_json: bool) -> int:
    """Run the farm's own program, which alone knows the farm's state."""
    if command[0] not in _MANAGING:
        screen.problem(f"“{command[0]}” is not a command of `farmhand farm`: use {', '.join(_MANAGING)}.")
        return WRONG_USE
    if not {"-h", "--help"} & set(command):
        given = any(word == "--data" or word.startswith("--data=") for word in command)
        command = [*command, *([] if given else ["--data", str(data)]), *(["--json"] if as_json else [])]
    words = launcher.python_command("farm", *command)
    return subprocess.run(words, check=False, creationflags=window_flags()).returncode


def _words(arguments: argparse.Namespace, data: Path, blender: list[str]) -> list[str]:
    words = ["--data", str(data), *options.as_words(arguments), "--until-stdin-closes"]
    words += ["--json"] if arguments.json else []
    return [*words, *(["--blender", *blender] if blender else [])]


def _serve(process: subprocess.Popen[bytes], data: Path, objects: str, blender: list[str], screen: Screen) -> int:
    access = _wait_for_access(process, data)
    if access is None:
        return WRONG_USE if process.wait() == WRONG_USE else TROUBLE
    told = {"url": access["url"], "data": str(data), "access": str(data / "access.json"), "blender": blender}
    screen.result(told, _sentences(access["url"], data, objects, blender))
    return TROUBLE if process.wait() else DONE


def _sentences(url: str, data: Path, objects: str, blender: list[str]) -> str:
    token = f"the token in {data / 'access.json'}"
    key = f"your FARMHAND_API_KEY, or {token}" if os.environ.get("FARMHAND_API_KEY") else token
    return (
        f"The farm is listening at {url}\n"
        f"  key      {key}\n"
        f"  Blender  {shlex.join(blender) or 'on the nodes; add one with: farmhand farm invite NAME'}\n"
        f"  frames   {objects}\n"
        f"  page     {url}/ (sign in with the key)\n"
        "Enter the address and the key in the add-on's preferences, or set them in another shell:\n"
        f"  {_setting(url)}\n"
        "Press Ctrl+C to stop the farm."
    )


def _setting(url: str) -> str:
    """The command that sets a variable in this system's shell."""
    if sys.platform == "win32":
        return f"$env:FARMHAND_SERVER='{url}'; $env:FARMHAND_API_KEY='…the key…'"
    return f"export FARMHAND_SERVER={url} FARMHAND_API_KEY=…the key…"


def _wait_for_access(process: subprocess.Popen[bytes], data: Path) -> dict[str, Any] | None:
    """The farm's access.json once it listens; None if it ended before."""
    while process.poll() is None:
        try:
            access: dict[str, Any] = json.loads((data / "access.json").read_text(encoding="utf-8"))
            if process.pid in (access["pid"], access.get("parent")):
                return access
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.05)
    return None
