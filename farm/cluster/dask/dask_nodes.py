"""Nodes on the workers of an existing Dask cluster: the program that starts them, and what it reports.

The cluster decides where nodes run, the farm which of them renders what: they join the farm like all nodes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import subprocess
from collections.abc import Callable
from typing import Any

from ....jobs.process.child_process import NO_WINDOW
from ...errors import CannotStart
from ...node.addresses import written
from ...settings import FarmSettings
from ..certificates import Authority
from ..own_node import end, key_file
from . import scheduler_address

_log = logging.getLogger(__name__)
_START_SECONDS = 60.0
_AGAIN_SECONDS = 10.0
_LINE_BYTES = 4096


class DaskNodes:
    """new_key: as for pairing (pairing/pairing_routes.py). is_valid: of a key's id, whether nodes may use it."""

    def __init__(
        self,
        settings: FarmSettings,
        authority: Authority,
        new_key: Callable[[str], str],
        is_valid: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._authority = authority
        self._new_key = new_key
        self._is_valid = is_valid
        self._process: subprocess.Popen[str] | None = None
        self._running: asyncio.Task[None] | None = None
        self._first: asyncio.Future[str] | None = None
        self._problems: dict[str, str] = {}

    @property
    def problem(self) -> str:
        """Why the cluster, or some of its workers, cannot render; "" if they can."""
        return next((text for _, text in sorted(self._problems.items()) if text), "")

    async def start(self, port: int) -> None:
        """port: where the farm listens for nodes. Raises CannotStart."""
        address = scheduler_address.parsed(self._settings.scheduler)
        try:
            host = await asyncio.to_thread(scheduler_address.seen_from, address, self._settings.node_host)
        except (OSError, UnicodeError) as error:  # an impossible name, such as one with empty parts
            why = error.strerror if isinstance(error, OSError) else "its name is not valid"
            raise CannotStart(f"The Dask scheduler at {address} cannot be reached ({why}).") from error
        place = self._settings.data / "nodes" / "dask-cluster.pem"
        made = key_file(place, self._authority, self._new_key, "Dask cluster", self._is_valid)
        key = made.read_text("ascii")
        self._first = asyncio.get_running_loop().create_future()
        self._running = asyncio.create_task(self._run(written(host, port), key), name="nodes on a Dask cluster")
        try:
            refused = await asyncio.wait_for(asyncio.shield(self._first), _START_SECONDS)
        except TimeoutError:
            refused = f"The Dask scheduler at {self._settings.scheduler} does not answer."
        if refused:
            raise CannotStart(refused)

    async def stop(self) -> None:
        """End the program; its nodes end with their tasks."""
        if self._running is not None:
            self._running.cancel()
        if self._process is not None:
            await end(self._process)  # Dask ends the tasks of a client that is gone
            await asyncio.to_thread(_close, self._process)  # once its output has been read to the end

    async def _run(self, farm: str, key: str) -> None:
        while True:
            try:
                process = self._process = self._started(farm, key)
                assert process.stdout is not None
                while line := await asyncio.to_thread(process.stdout.readline, _LINE_BYTES):
                    self._told(line)
                code = await asyncio.to_thread(process.wait)
                _close(process)
                self._known("Nodes could not be started on the Dask cluster.")
                _log.error("The program that starts nodes on workers ended with code %s; it is started again", code)
            except OSError as error:
                self._known(f"Nodes could not be started on the Dask cluster ({error}).")
                _log.error("The program that starts nodes on workers could not be started (%s)", error)
            await asyncio.sleep(_AGAIN_SECONDS)

    def _started(self, farm: str, key: str) -> subprocess.Popen[str]:
        with (self._settings.data / "logs" / "dask-cluster.log").open("wb") as log:
            process = subprocess.Popen(
                [*self._settings.on_dask, "--farm", farm],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                errors="replace",
                creationflags=NO_WINDOW,
            )
        assert process.stdin is not None
        process.stdin.write(json.dumps({"key": key}) + "\n")
        process.stdin.flush()
        return process

    def _told(self, line: str) -> None:
        try:
            told: Any = json.loads(line)
        except ValueError:
            return
        if not isinstance(told, dict):  # what a library prints
            return
        if "refused" in told:
            self._known(str(told["refused"]))
            self._note("", str(told["refused"]))
        elif told.get("ready"):
            self._known("")
            self._note("", "")
        elif "scheduler" in told:
            self._problems = {}  # of workers that are gone too
            self._note("", str(told["scheduler"]))
        elif "worker" in told:
            name, problem = str(told["worker"]), str(told.get("problem", ""))
            self._note(name, f"No node runs on the Dask worker {name}: {problem.rstrip('.')}." if problem else "")

    def _note(self, name: str, problem: str) -> None:
        if problem and problem != self._problems.get(name):
            _log.warning("%s", problem)
        self._problems[name] = problem

    def _known(self, refused: str) -> None:
        """The result of the first connection."""
        if self._first is not None and not self._first.done():
            self._first.set_result(refused)


def _close(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):  # it no longer reads
                stream.close()
