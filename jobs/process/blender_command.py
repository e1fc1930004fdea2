"""Finds a Blender, and reads its command from text. Standard library only.

A Blender command is a Blender executable, or a Python interpreter that has the `bpy` module.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .child_process import NO_WINDOW

VARIABLE = "BLENDER"
OLDEST = (4, 2)


def find() -> list[str]:
    """The Blender named by BLENDER, else an installed one that is new enough, else a Python with bpy; empty for none.

    Starts Blenders to ask for their version, which takes a second each.
    """
    if command := named():
        return command
    for blender in installed():
        if _version(blender) >= OLDEST:
            return [blender]
    if importlib.util.find_spec("bpy"):
        return [sys.executable]
    return _prepared()


def named() -> list[str] | None:
    """The command in the environment variable BLENDER, or None."""
    text = os.environ.get(VARIABLE)
    return parsed(text) if text else None


def parsed(text: str) -> list[str]:
    """The words of a command; the path of a file is a single word. On Windows, a backslash escapes nothing."""
    if Path(text).exists():
        return [text]
    words = shlex.shlex(text, posix=True, punctuation_chars=False)
    words.whitespace_split = True
    words.commenters = ""
    if sys.platform == "win32":
        words.escape = ""
    return list(words)


def installed() -> Iterator[str]:
    """Blenders of this computer: on PATH, then in the usual places, the newest first."""
    on_path = shutil.which("blender")
    if on_path:
        yield on_path
    found = [path for path in _usual_places() if path.is_file()]
    yield from map(str, sorted(found, key=_version_in, reverse=True))


def _usual_places() -> Iterator[Path]:
    """Where the installers put it: neither Windows nor macOS has it on PATH."""
    yield from ()
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "LOCALAPPDATA"):
            if folder := os.environ.get(variable):
                yield from Path(folder).glob("Blender Foundation/Blender*/blender.exe")
                yield from Path(folder, "Programs").glob("Blender Foundation/Blender*/blender.exe")
        yield from opens_blend_files()
        if folder := os.environ.get("PROGRAMFILES(X86)"):
            yield Path(folder, "Steam", "steamapps", "common", "Blender", "blender.exe")
    elif sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from folder.glob("Blender*.app/Contents/MacOS/Blender")


def opens_blend_files() -> Iterator[Path]:
    """The program that Windows starts when a .blend is opened."""
    yield from ()
    if sys.platform == "win32":
        import winreg

        for kind in ("blendfile", "Blender.Document"):
            try:
                command = winreg.QueryValue(winreg.HKEY_CLASSES_ROOT, rf"{kind}\shell\open\command")
            except OSError:
                continue
            program = re.match(r'"([^"]+)"|(\S+)', command)
            if program:
                launcher = Path(program[1] or program[2])
                yield launcher.with_name("blender.exe")  # blender-launcher.exe stands beside it


def _version_in(path: Path) -> tuple[int, ...]:
    return _numbers(path.parent.name if path.suffix else path.parents[2].name)


def _version(blender: str) -> tuple[int, ...]:
    try:
        command = [blender, "--version"]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, creationflags=NO_WINDOW)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"Blender (\d+)\.(\d+)", done.stdout.decode("utf-8", "replace"))
    return tuple(map(int, found.groups())) if found else (0,)


def _prepared() -> list[str]:
    """The newest bpy that `make blender` has installed, or nothing."""
    cache = Path(os.environ.get("FARMHAND_CACHE") or Path.home() / ".cache" / "farmhand").expanduser()
    found = {_numbers(python.parents[1].name): str(python) for python in cache.glob("bpy-*/bin/python")}
    return [found[max(found)]] if found else []


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))
