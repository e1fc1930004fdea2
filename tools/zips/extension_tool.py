"""Blender's own program for extensions: builds and validates packages, and lists those of a repository."""

import shutil
import subprocess
from pathlib import Path

from find_blender import is_python


def run(blender: list[str], command: str, *arguments: object) -> str:
    """Have one Blender's program do something; what it printed. Raises CalledProcessError with .stdout."""
    call = [*_program(blender, command), *map(str, arguments)]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


def _program(blender: list[str], command: str) -> list[str]:
    """A whole Blender brings the program as a command; beside bpy it is a file that needs no Blender."""
    if not is_python(blender):
        return [*blender, "--factory-startup", "--command", "extension", command]
    python = Path(shutil.which(blender[0]) or blender[0])
    scripts = "lib/python*/site-packages/bpy/*/scripts"
    program = next(python.parent.parent.glob(f"{scripts}/addons_core/bl_pkg/cli/blender_ext.py"))
    tags = next(python.parent.parent.glob(f"{scripts}/**/extensions/tags.py"))
    has_tags = command in ("build", "validate")
    return [str(python), str(program), command, *(["--valid-tags", str(tags)] if has_tags else [])]
