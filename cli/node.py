"""`farmhand node`: renders on this computer for a farm on another computer. Standard library only."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..courier.process import launcher
from ..jobs import user_folder
from . import find_blender
from .farm import child
from .output import INTERRUPTED, Screen

EXAMPLE = "node farm.local --key studio-pc.pem"


def add_arguments(node: argparse.ArgumentParser) -> None:
    node.add_argument("address", metavar="ADDRESS", help="address of the farm, as HOST or HOST:PORT (port: 8786)")
    node.add_argument("--key", required=True, metavar="FILE", help="key file from `farmhand farm invite`")
    node.add_argument(
        "--slots", type=int, default=1, metavar="N", help="number of frames rendered at the same time (default: 1)"
    )
    node.add_argument(
        "--gpu-slots", action="store_true", help="render one frame at a time on each GPU (instead of --slots)"
    )
    node.add_argument("--data", metavar="DIR", help="folder for packages, work and logs (default: the user folder)")
    node.add_argument("--low-priority", action="store_true", help="render at low priority")


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Render until Ctrl+C; current frames are finished first, unless it is pressed again. Returns the exit code."""
    data = Path(arguments.data or user_folder.find().farms / "node").absolute()
    command = launcher.python_command("farm", "node", *_words(arguments, data, find_blender.find_blender()))
    try:
        with child(command) as process:
            return _drained(process)
    except KeyboardInterrupt:
        screen.note("The node has stopped. The farm renders its unfinished frames elsewhere.")
        return INTERRUPTED


def _drained(process: subprocess.Popen[bytes]) -> int:
    """Ask the node to leave at the first interruption, and wait for its frames."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        assert process.stdin is not None
        process.stdin.close()
        return process.wait()


def _words(arguments: argparse.Namespace, data: Path, blender: Sequence[str]) -> list[str]:
    words = [arguments.address, "--key", arguments.key, "--data", str(data), "--slots", str(arguments.slots)]
    if arguments.gpu_slots:
        words.append("--gpu-slots")
    if arguments.low_priority:
        words.append("--low-priority")
    return [*words, "--until-stdin-closes", "--blender", *blender]
