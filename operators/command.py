"""`blender --command farmhand …`: the same command line as `farmhand …`."""

from __future__ import annotations

from typing import Any

import bpy

NAME = "farmhand"


def _run(argv: list[str]) -> int:
    from ..cli import main

    return main.main(argv)


def add() -> Any:
    """Register the command. Returns what `remove` needs."""
    return bpy.utils.register_cli_command(NAME, _run)


def remove(handle: Any) -> None:
    """Unregister the command."""
    bpy.utils.unregister_cli_command(handle)
