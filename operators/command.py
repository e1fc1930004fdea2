"""`blender --command farmhand …`: the same command line as `farmhand …`."""

from __future__ import annotations

import os
from typing import Any

import bpy

from ..ui import preferences

NAME = "farmhand"


def _run(argv: list[str]) -> int:
    """Run the command on the jobs that the panel shows."""
    from ..cli import main

    os.environ["FARMHAND_HOME"] = str(preferences.user_home().folder)
    return main.main(argv)


def add() -> Any:
    """Register the command. Returns what `remove` needs."""
    return bpy.utils.register_cli_command(NAME, _run)


def remove(handle: Any) -> None:
    """Unregister the command."""
    bpy.utils.unregister_cli_command(handle)
