"""The Blenders that scenes are tried in, and the projects that each makes."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from needed_blender import needed_blender

from cache import ROOT

VERSIONS = tuple(os.environ.get("FARMHAND_BLENDERS", "4.2.23 4.5.15 5.2.2 5.3.0").split())
"""The three LTS and the newest Blender; `make matrix` names others."""
FRAMES = [3, 4, 5]
HERE = Path(__file__).parent
REMOVED_SOON = "DeprecationWarning"
"""What a coming Blender no longer has, nothing of ours may use. Only bpy says so: others read no PYTHONWARNINGS."""


def versions(*usual: str) -> tuple[str, ...]:
    """The Blenders for a test that takes others than VERSIONS by itself."""
    return VERSIONS if "FARMHAND_BLENDERS" in os.environ else usual


@dataclass(frozen=True)
class Blender:
    """One Blender of this machine."""

    version: str
    command: list[str]

    def run(self, script: Path, *arguments: str, under: Sequence[str] = ()) -> str:
        """Run a script in it; what it printed. under: a command that starts it."""
        if Path(self.command[0]).name.startswith("python"):
            command = [*self.command, str(script), "--", *arguments]
        else:
            command = [*self.command, "-b", "--factory-startup", "--python", str(script), "--", *arguments]
        warned = {**os.environ, "PYTHONWARNINGS": "always::DeprecationWarning"}
        done = subprocess.run(
            [*under, *command],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=300,
            check=False,
            env=warned,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert not [line for line in done.stderr.splitlines() if REMOVED_SOON in line and str(ROOT) in line]
        return done.stdout + done.stderr

    def do(self, folder: Path, *steps: list[Any], under: Sequence[str] = ()) -> list[Any]:
        """Have do_in_blender.py do things; one answer for each."""
        order, answer = folder / "order.json", folder / "answer.json"
        order.write_text(json.dumps({"answer": str(answer), "do": steps}))
        self.run(HERE / "do_in_blender.py", str(order), under=under)
        return list(json.loads(answer.read_text()))


def blender_of(version: str) -> Blender:
    """It, or the test is skipped."""
    return Blender(version, [str(needed_blender(version))])


@dataclass(frozen=True)
class Projects:
    """Projects of one Blender. expected: kind → its .blend and the files that a render of FRAMES reads."""

    blender: Blender
    folder: Path
    expected: dict[str, dict[str, Any]]

    def blend(self, kind: str) -> str:
        if kind not in self.expected:
            pytest.skip(f"Blender {self.blender.version} has no such thing")
        return str(self.expected[kind]["blend"])
