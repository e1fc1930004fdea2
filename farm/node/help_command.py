"""The program behind Help Render: pairs with a farm if it gets a code, then renders for it until told to leave.

Its first line of standard input is JSON: {"address": …, "code": …}, or {} for the farm that it is paired with.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ...client.errors import FarmhandError
from ...client.message import Message
from ...jobs import help_files
from ...jobs.help_files import HelpSettings, HelpState, Leave, Status
from ...jobs.process import process_ids
from .. import access
from ..cluster.pairing import pairing_code
from ..errors import CannotStart
from ..settings import GIB, FarmSettings
from . import addresses, pairing, program
from .program import NodeProgram, NodeSettings
from .report import NodeReport

_CACHE_GIB = 20
_TOLD_BYTES = 4096
_LOOKS_PER_BLENDER = 4


def main(argv: Sequence[str], log_to: Callable[[Path], None]) -> int:
    """Returns 0 when it was told to leave, 2 when it could not help; the status file says why."""
    parser = argparse.ArgumentParser(prog="farmhand help")
    parser.add_argument("--data", required=True)
    parser.add_argument("--blender", nargs="+", required=True)
    arguments = parser.parse_args(argv)
    told = json.loads(sys.stdin.readline(_TOLD_BYTES) or "{}")
    data = Path(arguments.data).absolute()
    held = access.lock(data)
    if held is None:
        return 2  # another one is already running
    with held:
        log_to(data / "logs")
        program.lower_priority()
        return asyncio.run(_Helper(data, tuple(arguments.blender)).run(told))


class _Helper:
    def __init__(self, data: Path, blender: tuple[str, ...]) -> None:
        self._data = data
        self._blender = blender
        self._settings = help_files.settings(data)
        self._report = NodeReport(state=HelpState.PAIRING)
        self._program: NodeProgram | None = None
        self._said = Status()

    async def run(self, told: dict[str, str]) -> int:
        main = asyncio.current_task()
        assert main is not None
        looking = asyncio.create_task(self._look(main))
        try:
            await self._help(told)
        except asyncio.CancelledError:
            main.uncancel()
        except (FarmhandError, CannotStart, OSError) as error:
            self._report.problem = Message.from_error(error).encoded()
        finally:
            looking.cancel()
            self._report.state = HelpState.ENDED
            self._tell()
        return 2 if self._report.problem else 0

    async def _help(self, told: dict[str, str]) -> None:
        """Run the node; restart it when the number of slots changes, which the farm learns only at the start."""
        if told.get("code"):
            await asyncio.to_thread(self._pair, told.get("address", ""), told["code"])
        host, port = addresses.parsed(help_files.farm_address(self._data), 0)
        while self._settings.leave is Leave.NO:
            slots = self._settings.slots
            farm = FarmSettings(data=self._data, blender=self._blender, workers=slots, uses_keeper=True)
            node = NodeSettings(host, port, help_files.key_file(self._data), _CACHE_GIB * GIB, farm)
            self._program = NodeProgram(node, self._report)
            self._program.pause(self._settings.is_paused)
            await self._program.run()

    def _pair(self, address: str, code: str) -> None:
        """Raises LocalProblem, OSError."""
        host, port = addresses.parsed(address, pairing_code.DEFAULT_PORT)
        paired = pairing.pair(host, port, code, socket.gethostname()[:100] or "computer")
        pairing.save(paired.key, help_files.key_file(self._data))
        help_files.write_farm(self._data, addresses.written(host, paired.port))

    async def _look(self, main: asyncio.Task[int]) -> None:
        """Follow the panel's requests and report to it. Ends with its Blender, unless it is to keep helping."""
        looks = 0
        while True:
            wanted, before = help_files.settings(self._data), self._settings
            self._settings = wanted
            looks += 1
            if wanted.leave is Leave.NOW or (looks % _LOOKS_PER_BLENDER == 0 and await _is_alone(wanted)):
                main.cancel()
                return
            if self._program is not None:
                self._program.pause(wanted.is_paused)
                if wanted.leave is Leave.FINISHED or wanted.slots != before.slots:
                    self._program.leave()
            self._tell()
            await asyncio.sleep(help_files.LOOK_SECONDS)

    def _tell(self) -> None:
        report = self._report
        said = Status(
            state=report.state,
            problem=report.problem,
            farm=help_files.farm_address(self._data),
            frames=tuple(sorted(report.frames)),
            done=report.done,
            blender=report.blender,
        )
        if said != self._said:
            self._said = said
            with contextlib.suppress(OSError):  # the panel shows the previous one
                help_files.write_status(self._data, said)


async def _is_alone(wanted: HelpSettings) -> bool:
    """Whether the Blender that this program belongs to has ended."""
    if wanted.outlives_blender or not wanted.pid:
        return False
    return await asyncio.to_thread(process_ids.started, wanted.pid) != wanted.began
