"""Queries a server in a separate Python process, for Blender and the command line, which load none of our libraries.

`client/__main__.py` lists queries and answers. Standard library only; nothing waits, except `said` and `answer`.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

from ...client.errors import LocalProblem, Unauthorized
from ...client.message import Message
from ...jobs.process.child_process import NO_WINDOW
from . import launcher

Child = subprocess.Popen[str]


def ask(server_url: str, key: str, ca_file: str, *words: str) -> Child:
    """Start a query to a server in a process of its own. The key is passed only on standard input.

    Args:
        server_url: of the API, an address.
        ca_file: additional CA certificates, "" for the system's only.
        words: the query and its values.

    Raises:
        LocalProblem: the process cannot be started.
    """
    return start(_command(server_url, ca_file, *words), key)


def follow(server_url: str, key: str, ca_file: str, *words: str) -> Child:
    """Like `ask`, for a query with many answers: one per line, which the caller reads from `stdout` as they arrive.

    Args:
        server_url, ca_file, words: as for `ask`.
    """
    return _start(_command(server_url, ca_file, *words), key, subprocess.PIPE)


def start(command: list[str], told: str) -> Child:
    """Start one of our programs and pass it text that must not be in its arguments; `said` returns its answer."""
    # A file holds an answer of any length. A pipe holds 4 KiB on Windows; then the child waits until it is read.
    answer = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 closed once it was read
    child = _start(command, told, answer)
    child.stdout = answer
    return child


def said(child: Child) -> str:
    """All that a child of `start` or `ask` has printed; waits for its end."""
    child.wait()
    assert child.stdout is not None
    with child.stdout as answer:
        answer.seek(0)
        return answer.read()


def answer(child: Child) -> dict[str, Any]:
    """The one answer of a child. Raises what `read` raises."""
    return read(said(child))


def _command(server_url: str, ca_file: str, *words: str) -> list[str]:
    return launcher.python_command("client", server_url, ca_file, *words)


def _start(command: list[str], told: str, output: int | IO[str]) -> Child:
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=output,
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
