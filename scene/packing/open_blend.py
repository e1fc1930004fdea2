# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a .blend in a background Blender; a linked file that cannot be read does not keep it from opening."""

from __future__ import annotations

import os
from pathlib import Path

import bpy


def open_blend(file: Path) -> str:
    """Open the file.  Returns why it could not be opened, or ""."""
    try:
        bpy.ops.wm.open_mainfile(filepath=str(file), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        # Blender raises for a linked file that it cannot read, too, with the file itself open.
        return "" if _is_open(file) else " ".join(str(error).split())
    return ""


def _is_open(file: Path) -> bool:
    try:
        return os.path.samefile(bpy.data.filepath, file)
    except OSError:
        return False
