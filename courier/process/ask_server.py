"""Asks a server something in a Python of its own, for Blender and the command line, which use no library of ours.

What can be asked, and how it is answered, is told in `client/__main__.py`. Standard library only; nothing waits here.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ...client.errors import LocalProblem, Unauthorized
from ...client.message import Message
from ...jobs.process.child_process import NO_WINDOW
from . import launcher

Child = subprocess.Popen[str]


def ask(server_url: str, key: str, ca_file: str, *words: str) -> Child:
    """Start the question. The key travels on standard input alone. Raises LocalProblem."""
    return start(launcher.python_command("client", server_url, ca_file, *words), key)


def start(command: list[str], told: str) -> Child:
    """Start one of our programs, tell it something that must not stand in its arguments, and read what it says."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        creationflags=NO_WINDOW,
        cwd=Path(command[0]).parent,
    )
    assert child.stdin is not None
    child.stdin.write(told)
    child.stdin.close()
    return child


def answer(child: Child) -> dict[str, Any]:
    """The one answer of a child that has ended. Raises what `read` raises."""
    assert child.stdout is not None
    with child.stdout:
        return read(child.stdout.read())


def read(line: str) -> dict[str, Any]:
    """An answer of the program. Raises Unauthorized for a refused key, LocalProblem for any other failure."""
    try:
        told: dict[str, Any] = json.loads(line)
        if told["ok"]:
            return told
        text, code = Message.decoded(told["text"]), told["code"]
    except (ValueError, KeyError, TypeError) as error:
        raise LocalProblem("The server could not be asked.", "", "Try again, or reinstall Farmhand.") from error
    raise Unauthorized(text) if code == "unauthorized" else LocalProblem(text)
