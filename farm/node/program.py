"""One node: its Blenders, its connection to the farm, which it restores whenever it breaks, and its exit."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import platform
import random
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Worker
from distributed.core import Status
from distributed.security import Security

from ...client.files import remove_tree
from ...client.message import msg
from ...jobs.folder import path_limits
from ...jobs.help_files import HelpState
from ..cluster.certificates import client_context
from ..errors import CannotStart
from ..render.backend import WorkFailed
from ..render.blender.launcher import Launcher
from ..render.gpu_turns import gpu_count
from ..render.local_backend import LocalBackend
from ..settings import FarmSettings
from . import order_facts
from .farm_link import FarmLink
from .order_plugin import NodePlugin
from .package_cache import PackageCache
from .report import NodeReport

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_TEST_SECONDS = 300.0
_SAME_SECONDS = 1.0
_CONFIG = {
    "distributed.scheduler.allowed-imports": [],  # for values in messages; nodes get none
    "distributed.worker.profile.enabled": False,
    "distributed.worker.http.routes": [],
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.comm.timeouts.connect": "10s",
}


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """host, port: of the farm's scheduler. key: the node's key file. cache_bytes: for packages. label: tells nodes
    with one key on one computer apart, "" for a single one.

    farm: how Blenders are started here; its `workers` are the node's slots.
    """

    host: str
    port: int
    key: Path
    cache_bytes: int
    farm: FarmSettings
    label: str = ""


class NodeProgram:
    """report: kept up to date for display."""

    def __init__(self, settings: NodeSettings, report: NodeReport | None = None) -> None:
        self._settings = settings
        self._report = report or NodeReport()
        self._worker: Worker | None = None
        self._is_paused = False
        self._farm = settings.farm
        self._launcher = Launcher(self._farm, self._farm.data / path_limits.WORK)
        self._tiles = self._farm.data / path_limits.WORK / "tiles"
        """Where tiles are that are to be put together."""
        self._packages = PackageCache(self._farm.data / "packages", settings.cache_bytes, self._farm.unpack_limit)
        self._leaving = asyncio.Event()
        self._asked_at = 0.0

    async def run(self) -> None:
        """Render for the farm until asked to leave. Raises CannotStart."""
        dask.config.set(_CONFIG)
        order_facts.unpickle_only_orders()
        for name in ("distributed", "httpx"):  # Dask logs a lot, and httpx logs secret links
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            context = client_context(self._settings.key)
        except OSError as error:  # ssl.SSLError is one
            reason = error.strerror or str(error)
            raise CannotStart(
                msg("{file} is not a node key ({reason}).", file=self._settings.key, reason=reason)
            ) from error
        self._on_signals()
        await asyncio.to_thread(remove_tree, self._tiles)  # left by a node that was killed
        self._tiles.mkdir(parents=True, exist_ok=True)
        facts = await self._self_test()
        data = self._farm.data
        self._backend = LocalBackend(self._farm, data / path_limits.WORK, data / "logs", self._packages, self._launcher)
        await self._backend.start(lambda: None)
        link = FarmLink(self._settings.host, context)
        try:
            await self._serve(link, facts)
        finally:
            await self._backend.stop()
            await link.close()

    def leave(self) -> None:
        """Take no more frames, and end when the current ones are finished."""
        self._leaving.set()

    def pause(self, is_paused: bool) -> None:
        """Take no more frames for now; the current ones are finished."""
        self._is_paused = is_paused
        worker = self._worker
        if worker is not None and worker.status in (Status.paused, Status.running) and not self._leaving.is_set():
            worker.status = Status.paused if is_paused else Status.running

    async def _self_test(self) -> dict[str, Any]:
        """Describe this node; a Blender that cannot render gets no work. Raises CannotStart."""
        self._report.state = HelpState.TESTING
        try:
            process = await self._launcher.launch()
            try:
                told = await process.ask("self_test", _TEST_SECONDS, folder=str(process.folder.output))
            finally:
                await process.end()
        except (WorkFailed, OSError) as error:
            raise CannotStart(msg("Blender on this computer cannot render: {reason}", reason=error)) from error
        self._report.blender = told["blenderVersion"]
        print(f"Blender {told['blenderVersion']} renders here.", file=sys.stderr, flush=True)
        if self._farm.gpu_slots:
            self._farm = dataclasses.replace(self._farm, workers=gpu_count(told["devices"]))
        return {
            "host": _plain(socket.gethostname()),
            "label": _plain(self._settings.label),
            "system": _plain(f"{platform.system()} {platform.machine()}"),
            "slots": self._farm.workers,
            "blender": told["blenderVersion"],
            "devices": told["devices"],
        }

    async def _serve(self, link: FarmLink, facts: dict[str, Any]) -> None:
        """Dask's workers exit with their scheduler: start new ones until the farm is back."""
        wait = _FIRST_WAIT
        last = ""
        while not self._leaving.is_set():
            plugin = NodePlugin(self._backend, self._packages, link, self._report, self._tiles)
            self._report.state = HelpState.CONNECTING
            try:
                worker = await self._connect(plugin, facts)
                print(f"Connected to {self._settings.host}:{self._settings.port}", file=sys.stderr, flush=True)
                wait, last = _FIRST_WAIT, ""
                self._report.problem, self._report.state = "", HelpState.CONNECTED
                await self._work(worker, plugin)
            except (OSError, ValueError, RuntimeError, TimeoutError) as error:
                _log.warning("No connection: %s", error)
                if str(error) != last:
                    last = str(error)
                    print(f"The farm does not answer ({error}); trying again.", file=sys.stderr, flush=True)
                self._report.problem = _no_answer(self._settings.host)
            finally:
                self._worker = None
                await plugin.end_all()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _connect(self, plugin: NodePlugin, facts: dict[str, Any]) -> Worker:
        pem = str(self._settings.key)
        security = Security(
            tls_ca_file=pem, tls_worker_cert=pem, tls_worker_key=pem, tls_client_cert=pem, tls_client_key=pem,
            require_encryption=True,
        )  # fmt: skip
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        slots = self._farm.workers
        worker = Worker(
            f"tls://{host}:{self._settings.port}",
            security=security,
            nthreads=2 * slots + 4,  # threads for uploads, analyses and small orders beside the frames
            host="127.0.0.1",
            contact_address=_contact(),
            dashboard=False,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            local_directory=str(self._settings.farm.data / "dask"),
            startup_information={"farmhand": lambda _: facts},
            plugins=(plugin,),
            death_timeout=None,
        )
        connecting = asyncio.ensure_future(_started(worker))
        leaving = asyncio.ensure_future(self._leaving.wait())
        await asyncio.wait({connecting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not connecting.done():
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            await worker.close(timeout=1)
            raise OSError("the node was asked to leave")
        return connecting.result()

    async def _work(self, worker: Worker, plugin: NodePlugin) -> None:
        """Work until the connection breaks, or the node was asked to leave and its frames are finished."""
        self._worker = worker
        self.pause(self._is_paused)
        finished = asyncio.ensure_future(worker.finished())
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({finished, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not finished.done():
                print("No new frames are taken; current frames are finished first.", file=sys.stderr, flush=True)
                worker.status = Status.paused
                self._report.state = HelpState.LEAVING
                await asyncio.wait(
                    {finished, asyncio.ensure_future(plugin.until_idle())}, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            leaving.cancel()
            if not finished.done():
                await worker.close(timeout=2)  # else it would take the next order
        await finished

    def _on_signals(self) -> None:
        """The first signal lets current frames finish, the next one ends at once.

        Ctrl+C arrives twice at the same moment: from the terminal, and from the program that started this one.
        """
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()
        assert main is not None

        def asked() -> None:
            if not self._leaving.is_set():
                self._asked_at = time.monotonic()
                self._leaving.set()
            elif time.monotonic() > self._asked_at + _SAME_SECONDS:
                main.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            if sys.platform == "win32":
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked))
            else:
                loop.add_signal_handler(number, asked)


def _no_answer(host: str) -> str:
    said = msg("The farm at {address} does not respond. This computer keeps trying to connect.", address=host)
    return said.encoded()


async def _started(worker: Worker) -> Worker:
    await worker
    return worker


def _contact() -> str:
    """Dask identifies workers by address. Nothing connects to a node, so any unique address will do."""
    chance = random.SystemRandom()
    host = ".".join(str(chance.randint(1, 254)) for _ in range(3))
    return f"tls://127.{host}:{chance.randint(1024, 65535)}"


def _plain(text: str) -> str:
    return "".join(each if each.isalnum() or each in "_. -" else "-" for each in text)[:100]


def lower_priority() -> None:
    """Let everything else on this computer go first."""
    if sys.platform != "win32":
        os.nice(15)
    else:
        import ctypes

        below_normal = 0x4000
        ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), below_normal)
