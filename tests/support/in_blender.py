"""Runs a script in a Blender, whichever kind of command it is."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

FLAGS = ["--background", "--factory-startup", "--offline-mode", "--python-exit-code", "1"]


def run_in_blender(command: Sequence[str], script: Path, *arguments: str) -> str:
    """What the script printed. A Python that has bpy runs it directly."""
    if Path(command[0]).name.startswith("python"):
        full = [*command, str(script), "--", *arguments]
    else:
        full = [*command, *FLAGS, "--python", str(script), "--", *arguments]
    done = subprocess.run(full, capture_output=True, text=True, timeout=240, check=False)
    # bpy 4.2 crashes now and then while it ends, after its work is done.
    if done.returncode not in (0, -11):
        raise AssertionError(f"{script.name} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
