"""What `check` and `submit` share: arguments that name a file, and the background Blender that reads it.

Standard library only.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import user_folder
from ..jobs.folder.job_folder import IF_WRONG
from ..jobs.journal import upload_speed
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import LOCAL
from ..jobs.user_folder import UserFolder
from . import find_blender
from .common import Wrong, overrides
from .output import Screen

_EXISTING = {"stop": "ask", "replace": "replace", "keep": "keep", "skip": "skip"}


def headless(
    arguments: argparse.Namespace,
    command: str,
    screen: Screen,
    *,
    server_url: str = LOCAL,
    mbit: float = 0.0,
    ask_mode: str = IF_WRONG,
) -> dict[str, Any]:
    """Let a background Blender check or pack the file. Returns its answer (see scene/headless.py).

    Args:
        arguments: of the command line; those that choose the file and what to render of it.
        command: `check` or `submit`, which packs too.
        screen: prints the progress.
        server_url: of the API, or `LOCAL`.
        mbit: upload speed in megabits per second, for the estimate; 0 if unknown.
        ask_mode: when the job waits once the service has checked the file, as in `job_folder`.

    Raises:
        LocalProblem: there is no Blender, or it gave no answer.
    """
    place = user_folder.find()
    order = {
        "command": command,
        "file": str(Path(arguments.file).absolute()),
        "jobs": str(place.jobs),
        "server_url": server_url,
        "scene": arguments.scene,
        "camera": arguments.camera,
        "frames": arguments.frames,
        "output": _folder(arguments.output),
        "ask_mode": ask_mode,
        "existing": _EXISTING[arguments.existing],
        "leave_out": [str(Path(one).absolute()) for one in arguments.leave_out],
        "overrides": overrides(arguments.set),
        "mbit": mbit,
        "pack_color_config": arguments.pack_color_config,
        "allow_add_ons": arguments.allow_add_ons,
    }
    if not Path(arguments.file).is_file():
        raise Wrong(f"File {arguments.file} not found.")
    return find_blender.run_headless(find_blender.find_blender(), order, place.logs / "blender.log", screen.preparing)


def _folder(named: str) -> str:
    """An absolute folder whose {fields} Blender fills in; braces in the working folder's own name are kept."""
    return str(Path(str(Path.cwd()).replace("{", "{{").replace("}", "}}"), named)) if named else ""


def measured_mbit(place: UserFolder) -> float:
    if not place.journal.exists():  # a check leaves nothing behind
        return 0.0
    with Journal(place.journal) as journal:
        return upload_speed.measured_mbit(journal)


def file_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="a .blend file")
    command.add_argument("--scene", default="", metavar="NAME", help="scene to render (default: the active scene)")
    command.add_argument("--camera", default="", metavar="NAME", help="camera to render (default: the scene's camera)")
    command.add_argument(
        "--frames", default="", metavar="RANGES", help="frames to render, as in 1-10,20 (default: the scene's range)"
    )
    command.add_argument(
        "--output",
        default="",
        metavar="DIR",
        help="output folder; may contain variables, as in render/{blend_name}_v{number} (default: the scene's "
        "output path)",
    )
    command.add_argument(
        "--existing",
        choices=tuple(_EXISTING),
        default="stop",
        help="if frames already exist: stop, replace them, keep both under different names, or skip them and render "
        "only the others (default: stop)",
    )
    command.add_argument(
        "--leave-out", action="append", default=[], metavar="FILE", help="render without this missing file"
    )
    command.add_argument(
        "--pack-color-config",
        action="store_true",
        help="include the current OpenColorIO config, for your own farm",
    )
    command.add_argument(
        "--allow-add-ons",
        action="store_true",
        help="on This Computer only: run the file's scripts and your enabled add-ons",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a render setting, as in sampleCount=16; docs/contract.md lists the names",
    )
