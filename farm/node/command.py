"""`farmhand node ADDRESS --key FILE`: arguments, the data folder and the log of one node."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ...client.errors import LocalProblem
from ...jobs.process import parent_watch
from .. import access, options
from ..errors import CannotStart, refuse
from ..settings import GIB, FarmSettings
from . import addresses, program
from .program import NodeProgram, NodeSettings

DEFAULT_PORT = 8786
_CACHE_GIB = 20


def main(argv: Sequence[str], find_blender: Callable[[], list[str]], log_to: Callable[[Path], None]) -> int:
    """Run a node. Returns 0 when it was asked to leave, 2 when it could not start.

    Args:
        find_blender: returns a Blender's command if the arguments name none; empty if it finds none.
        log_to: starts the log in a folder.
    """
    arguments = _parser().parse_args(argv)
    blender = tuple(arguments.blender or find_blender())
    if not blender:
        return refuse("No Blender was found, so nothing can be rendered. Specify one with --blender.")
    data = Path(arguments.data).absolute()
    try:
        held = access.lock(data)
    except CannotStart as error:
        return refuse(error)
    if held is None:
        return refuse(f"Another node is already using {data}. Choose another folder with --data.")
    if arguments.low_priority:
        program.lower_priority()
    if arguments.until_stdin_closes:
        parent_watch.interrupt_when_stdin_closes()
    host, port = arguments.address
    farm = FarmSettings(
        data=data,
        blender=blender,
        workers=arguments.slots,
        gpu_slots=arguments.gpu_slots,
        confine=arguments.confine,
        own_files=arguments.own_files,
        uses_keeper=True,
    )
    cache = int(arguments.cache_gib * GIB)
    settings = NodeSettings(host, port, Path(arguments.key).absolute(), cache, farm, arguments.label)
    with held:
        log_to(data / "logs")
        try:
            asyncio.run(_run(settings))
        except CannotStart as error:
            return refuse(error)
        except (asyncio.CancelledError, KeyboardInterrupt):
            return 0
    return 0


async def _run(settings: NodeSettings) -> None:
    await NodeProgram(settings).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farmhand node",
        description="Render frames for a farm on another computer.",
        epilog="Example: farmhand node farm.local --key studio-pc.pem --slots 1",
    )
    parser.add_argument(
        "address", type=_address, metavar="ADDRESS", help=f"of the farm, as HOST or HOST:PORT (port: {DEFAULT_PORT})"
    )
    parser.add_argument("--key", required=True, metavar="FILE", help="key file from `farmhand farm invite`")
    parser.add_argument("--data", required=True, metavar="DIR", help="folder for packages, work and logs")
    parser.add_argument("--slots", type=_slots, default=1, metavar="N", help="frames rendered at a time (default: 1)")
    parser.add_argument(
        "--gpu-slots",
        action="store_true",
        help="one slot for each GPU (instead of --slots)",
    )
    parser.add_argument("--blender", nargs="+", metavar="CMD", help="command of a Blender, or of a Python with bpy")
    parser.add_argument(
        "--cache-gib", type=float, default=_CACHE_GIB, metavar="N", help="GiB for packages (default: %(default)s)"
    )
    parser.add_argument("--label", default="", metavar="NAME", help="tells nodes with one key on one computer apart")
    parser.add_argument("--until-stdin-closes", action="store_true", help="leave when standard input closes")
    parser.add_argument("--low-priority", action="store_true", help="render at low priority")
    parser.add_argument("--own-files", action="store_true", help="all scenes are your own: trust what they read")
    parser.add_argument(
        "--confine",
        type=options.confinement,
        choices=options.CONFINEMENTS,
        default=os.environ.get("FARMHAND_CONFINE", options.CONFINEMENTS[0]),
        help="keep render Blenders from files and network, as for `farmhand farm`",
    )
    return parser


def _address(text: str) -> tuple[str, int]:
    try:
        return addresses.parsed(text, DEFAULT_PORT)
    except LocalProblem as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not HOST or HOST:PORT") from error


def _slots(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError("must be 1 to 256")
    return number
