"""Opens a .blend in a background Blender, even if a linked file cannot be read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...jobs.process import blender_log
from ...jobs.process.blender_log import Loss
from . import heard


@dataclass(frozen=True, slots=True)
class Opened:
    """problem: why it could not be opened, or "". losses: what Blender reports as lost."""

    problem: str
    losses: tuple[Loss, ...]


def open_blend(file: Path) -> Opened:
    """Open the file with scripts disabled."""
    problem = ""
    with heard.printed() as said:
        try:
            bpy.ops.wm.open_mainfile(filepath=str(file), load_ui=False, use_scripts=False)
        except RuntimeError as error:
            # Blender also raises if it cannot read a linked file, although the file itself is open.
            problem = "" if _is_open(file) else " ".join(str(error).split())
    return Opened(problem, blender_log.losses(said.text))


def _is_open(file: Path) -> bool:
    try:
        return os.path.samefile(bpy.data.filepath, file)
    except OSError:
        return False
