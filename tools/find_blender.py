"""Which Blender to use here: BLENDER= in the environment, `blender` 4.2 or newer on PATH, else `bpy` from PyPI.

As a program it prints the command. A Blender command is a Blender executable or a Python interpreter that has `bpy`.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import blenders
from cache import bpy_python

OLDEST = (4, 2)


def find_blender() -> list[str]:
    """The command that starts a Blender; prepares bpy when this machine has none. Raises blenders.NoPython."""
    installed = find_installed()
    if installed:
        return installed
    version = blenders.default_bpy()
    blenders.prepare_bpy(version)
    return [str(bpy_python(version))]


def find_installed() -> list[str] | None:
    """The Blender that this machine brings along: the one in BLENDER=, or `blender` on the path if new enough."""
    named = os.environ.get("BLENDER")
    if named:
        return [named] if Path(named).exists() else shlex.split(named)
    on_path = shutil.which("blender")
    return [on_path] if on_path and _version(on_path) >= OLDEST else None


def is_python(command: list[str]) -> bool:
    """Whether the command is a Python interpreter with bpy, not a Blender executable."""
    return Path(command[0]).name.startswith("python")


def as_executable(command: list[str]) -> list[str]:
    """The command in a form that takes Blender's own arguments, whichever kind it is."""
    return [*command, str(Path(__file__).with_name("bpy_as_blender.py"))] if is_python(command) else command


def _version(blender: str) -> tuple[int, ...]:
    try:
        shown = subprocess.run([blender, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"Blender (\d+)\.(\d+)", shown)
    return tuple(map(int, found.groups())) if found else (0,)


if __name__ == "__main__":
    print(shlex.join(find_blender()))
