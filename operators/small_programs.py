"""Small programs for a child process: if a drive hangs, only the child waits, not Blender."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..jobs.process.child_process import NO_WINDOW

IS_FILE = "import os, sys; sys.exit(not os.path.isfile(sys.argv[1]))"
"""Returns 0 where its argument is a file."""
READ = """
import sys
for each in sys.argv[1:]:
    with open(each, "rb") as file:
        while file.read(1 << 20):
            pass
"""
"""Reads files, which the system then has in its memory; returns 0 where it could."""


def start(program: str, *paths: Path) -> subprocess.Popen[str]:
    """Start one of these programs with paths as arguments."""
    null = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program, *(str(path.absolute()) for path in paths)],
        stdin=null,
        stdout=null,
        stderr=null,
        text=True,
        cwd=Path(sys.executable).parent,
        creationflags=NO_WINDOW,
    )
