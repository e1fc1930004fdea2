"""Has the farm of this computer accept other computers, or no longer, and invites one.

launch.py … courier helpers --home FOLDER [--invite] BLENDER …

The answer is one JSON object: {"code": …, or "" without --invite}, or {"problem": an encoded Message}.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..client.errors import FarmhandError, LocalProblem
from ..jobs import settings
from ..jobs.process.child_process import NO_WINDOW
from ..jobs.user_folder import UserFolder
from .process import launcher
from .servers import local_farm

_INVITE_SECONDS = 60.0


def main(argv: Sequence[str]) -> int:
    """Answer on standard output. Returns 0, or 3 when it could not be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", required=True, help="user folder")
    parser.add_argument("--invite", action="store_true", help="make a code for one computer")
    parser.add_argument("blender", nargs="+", help="the command of the Blender that the farm renders with")
    arguments = parser.parse_args(argv)
    home = UserFolder(Path(arguments.home))
    data = local_farm.folder(home, arguments.blender)
    try:
        if settings.read(home).has_helpers:
            local_farm.ensure(home, arguments.blender)
            answer = {"code": _code(data) if arguments.invite else ""}
        else:
            local_farm.close_to_helpers(data)
            answer = {"code": ""}
    except FarmhandError as error:
        answer = {"problem": error.message.encoded()}
    print(json.dumps(answer))
    return 3 if "problem" in answer else 0


def _code(data: Path) -> str:
    """The code for one computer, which gives its own name. Raises LocalProblem."""
    command = launcher.python_command("farm", "invite", "", "--code", "--json", "--data", str(data))
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_INVITE_SECONDS, creationflags=NO_WINDOW
        )
        return str(json.loads(done.stdout)["code"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise LocalProblem("Could not create a code.", "", "Try again, or reinstall Farmhand Node.") from error
