"""The conversation with the farm: one JSON object a line in, one out, until standard input closes."""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from typing import IO, Any

import bpy

from . import analyze, configure, opening, rendering, self_test
from .cannot_render import CannotRender
from .output import movie
from .output.output_names import SceneNames
from .safety import external_files, self_limits
from .unreadable import Pictures


def serve(options: dict[str, Any]) -> None:
    """Answer requests until the farm is gone.

    options: of self_limits; runsPython: see `_run`; endOfLog: a line for the log, after what belongs to an answer.
    """
    _crash_without_a_dialog()
    # The user's own settings may name a temporary folder, where a killed Blender would leave its files.
    if bpy.context.preferences.filepaths.temporary_directory:
        bpy.context.preferences.filepaths.temporary_directory = ""
    requests, answers = _private_pipes()
    limited = self_limits.apply(options)
    end_of_log = str(options.get("endOfLog", "")).encode() + b"\n"
    _say(answers, end_of_log, {"ready": True, "blenderVersion": bpy.app.version_string, "limited": limited})
    external = external_files.ExternalFiles()
    if not bpy.context.preferences.filepaths.use_scripts_auto_execute:
        external.prepare()  # now, since a Blender that is started ahead of need has time
    actions = _actions(external)
    if options.get("runsPython"):
        actions["run"] = _run
    for line in requests:
        request = json.loads(line)
        _say(answers, end_of_log, _answer(actions, request))


def _actions(external: external_files.ExternalFiles) -> dict[str, Callable[..., dict[str, Any]]]:
    opened = opening.OpenFile()
    names, pictures = SceneNames("", True), Pictures()

    def open_file(path: str, package: str, is_confined: bool, is_own: bool, scripts: bool) -> dict[str, Any]:
        nonlocal opened, names, pictures
        opened = opening.open_file(path, package, external, opening.Trust(is_confined, is_own, scripts))
        names = SceneNames.from_scene(bpy.context.scene) if bpy.context.scene else names
        pictures = Pictures()
        return analyze.scene(bpy.context.scene, opened.missing)

    return {
        "open": open_file,
        "configure": lambda config: configure.scene(bpy.context.scene, config, opened.notices),
        "movie": lambda **task: {"movie": movie.make(**task)},
        "render": lambda **task: rendering.frame(bpy.context.scene, names, pictures, **task),
        "self_test": self_test.frame,
    }


def _run(path: str) -> dict[str, Any]:
    """Run a Python file as a scene's code would run if it escaped, to test what it can reach.

    Only a worker that was started for this test does it, never one for a job.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(path, run_name="__main__")
    return {"printed": printed.getvalue()}


def _answer(actions: dict[str, Callable[..., dict[str, Any]]], request: dict[str, Any]) -> dict[str, Any]:
    do = request.pop("do")
    try:
        return {"ok": True, **actions[do](**request)}
    except CannotRender as refused:
        return {"ok": False, "name": refused.name, "type": refused.type}
    except Exception as error:
        # Any error of Blender is reported to the farm; the traceback goes to the log, never to the artist.
        traceback.print_exc()
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return {"ok": False, "name": first_line.removeprefix("Error: "), "type": "blender_error"}


def _private_pipes() -> tuple[IO[str], IO[str]]:
    """Keep the real stdin and stdout for the conversation, and send what Blender prints to the log (stderr)."""
    sys.stdout.flush()
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests, answers


def _say(answers: IO[str], end_of_log: bytes, message: dict[str, Any]) -> None:
    _flush()
    with contextlib.suppress(OSError):
        os.write(2, end_of_log)
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _flush() -> None:
    """What Python and Blender's C code have buffered."""
    for printed in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # an add-on may have put anything in their place
            printed.flush()
    with contextlib.suppress(OSError, AttributeError):
        (ctypes.CDLL("ucrtbase") if sys.platform == "win32" else ctypes.CDLL(None)).fflush(None)


def _crash_without_a_dialog() -> None:
    """If Blender crashed, Windows would show a dialog, and keep the process until somebody closes it."""
    if sys.platform == "win32":
        fail_critical_errors, no_fault_box, no_open_file_box = 0x1, 0x2, 0x8000
        ctypes.windll.kernel32.SetErrorMode(fail_critical_errors | no_fault_box | no_open_file_box)
