"""The Blender that this code runs in: how to start another instance, and how to run a script in it."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

_QUIET = ("-b", "--factory-startup", "--disable-autoexec", "--offline-mode", "--python-exit-code", "1")


def blender_command() -> list[str]:
    """The command that starts this Blender; for the bpy module, the Python that has it."""
    return [bpy.app.binary_path] if bpy.app.binary_path else [sys.executable]


def script_command(script: Path, *arguments: str) -> list[str]:
    """The command that runs a script in another instance of this Blender, in the background, without add-ons."""
    if bpy.app.binary_path:
        return [bpy.app.binary_path, *_QUIET, "--python", str(script), "--", *arguments]
    return [sys.executable, str(script), "--", *arguments]


def version() -> str:
    """For example 4.2.23."""
    return ".".join(str(part) for part in bpy.app.version)
