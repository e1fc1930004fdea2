"""Finds a Blender for the command line, and runs the scripts that read a .blend in it.

A Blender command is a Blender executable, or a Python interpreter that has the `bpy` module.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..client.errors import LocalProblem
from ..client.files import remove_tree
from ..jobs.process import blender_command, process_ids
from ..jobs.process.child_process import TEMPORARY_VARIABLES, window_flags
from ..jobs.text import to_json

_SCRIPT = Path(__file__).resolve().parent.parent / "scene" / "headless.py"
_TEMPORARY = "blender-"
_QUIET = ("-b", "--factory-startup", "--disable-autoexec", "--offline-mode", "--python-exit-code", "1")


def find_blender() -> list[str]:
    """The command of a Blender on this computer, see `blender_command.find`. Raises LocalProblem without one."""
    if found := blender_command.find():
        return found
    raise LocalProblem(
        "No Blender 4.2 or newer was found.",
        "Blender is needed to read the file.",
        "Set BLENDER to your Blender executable, or add `blender` to PATH.",
    )


def run_headless(
    blender: list[str], order: Mapping[str, Any], log: Path, on_progress: Callable[[str, float], None]
) -> dict[str, Any]:
    """Let a background Blender check or pack a file; its answer (see scene/headless.py).

    Args:
        blender: program and arguments.
        order: what to do, as scene/headless.py reads it.
        log: gets Blender's output.
        on_progress: gets the current step and its progress, 0 to 1.

    Raises:
        LocalProblem: Blender cannot be started, or ended without an answer.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_behind(log.parent)
    with tempfile.TemporaryDirectory(prefix=f"{_TEMPORARY}{os.getpid()}-", dir=log.parent) as temporary:
        request, result = Path(temporary, "request.json"), Path(temporary, "result.json")
        request.write_text(to_json(order), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if name != "FARMHAND_API_KEY"}
        # A bpy that exits at once leaves its temporary folder behind: put it where we clean up.
        environment |= dict.fromkeys(("BLENDER_USER_RESOURCES", *TEMPORARY_VARIABLES), temporary)
        command = [*_start(blender), "--", str(request), str(result)]
        code = _run(command, environment, log, on_progress)
        try:
            answer: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # it crashed, or the disk is full
            raise _silent(blender, code, log) from None
        return answer


def _remove_left_behind(folder: Path) -> None:
    """Remove temporary folders of commands that were killed."""
    for left in folder.glob(f"{_TEMPORARY}*"):
        pid = left.name.removeprefix(_TEMPORARY).partition("-")[0]
        if pid.isdecimal() and not process_ids.started(int(pid)):
            remove_tree(left, wait_seconds=0)


def _start(blender: list[str]) -> list[str]:
    if Path(blender[0]).name.startswith("python"):
        return [*blender, str(_SCRIPT)]
    return [*blender, *_QUIET, "--python", str(_SCRIPT)]


def _run(command: list[str], environment: dict[str, str], log: Path, on_progress: Callable[[str, float], None]) -> int:
    try:
        with (
            log.open("w", encoding="utf-8") as notes,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=notes,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=log.parent,
                text=True,
                encoding="utf-8",
                errors="replace",
                creationflags=window_flags(),
            ) as process,
        ):
            try:
                _listen(process, notes.write, on_progress)
            except BaseException:
                process.kill()
                raise
            return process.wait()
    except OSError as error:
        raise LocalProblem(
            f"{command[0]} could not be started ({error.strerror}).", "The file was not read.", "Check BLENDER."
        ) from error


def _listen(
    process: subprocess.Popen[str], note: Callable[[str], object], on_progress: Callable[[str, float], None]
) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        try:
            told = json.loads(line)
            on_progress(str(told["stage"]), float(told["done"]))
        except (ValueError, KeyError, TypeError):
            note(line)


def _silent(blender: list[str], code: int, log: Path) -> LocalProblem:
    return LocalProblem(
        f"Blender ({shlex.join(blender)}) exited without a result (exit code {code}).",
        "Nothing was sent.",
        f"See {log}, and check that this Blender can open the file.",
    )
