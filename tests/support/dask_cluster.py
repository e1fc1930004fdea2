"""A Dask cluster as somebody else would run it: `dask scheduler` and `dask worker`, started by hand on loopback."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import certificates
import psutil
from running_cluster import free_ports
from waiting import PATIENCE, wait_until

_DASK = "from dask.__main__ import main; main()"
WITHOUT_FARMHAND = "import sys; sys.modules['farmhand'] = None\n"
OTHER_VERSION = """
import importlib.metadata as metadata
real = metadata.version
metadata.version = lambda name: "2024.1.0" if name == "distributed" else real(name)
"""


class DaskWorker:
    """One `dask worker`."""

    def __init__(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.process = process

    def below(self) -> list[psutil.Process]:
        """Every process that it has started, directly or not."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return []

    def nodes(self) -> list[psutil.Process]:
        return [each for each in self.below() if "farmhand.farm node" in _command(each)]

    def kill(self) -> None:
        """The worker's process, as a machine that runs out of memory would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self) -> None:
        for each in self.below():
            each.kill()
        if self.process.poll() is None:
            self.kill()


class DaskCluster:
    """is_encrypted: with mutual TLS, of an authority of the cluster's own."""

    def __init__(self, root: Path, blender: Sequence[str], *, is_encrypted: bool = True) -> None:
        self.root = root
        root.mkdir(parents=True)
        self._blender = shlex.join(blender)
        self._port = free_ports()
        self._tls: list[str] = []
        self.farm_options: list[str] = []
        if is_encrypted:
            certificates.make(root)
            ca, cert, key = (str(root / name) for name in ("ca.pem", "server.pem", "server.key"))
            self._tls = ["--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key]
            self.farm_options = ["--scheduler-ca", ca, "--scheduler-cert", cert, "--scheduler-key", key]
        self.address = f"{'tls' if is_encrypted else 'tcp'}://127.0.0.1:{self._port}"
        self.workers: list[DaskWorker] = []
        self.start_scheduler()

    def start_scheduler(self, before: str = "") -> None:
        """before: Python that runs first."""
        words = ["scheduler", "--host", self.address.replace(f":{self._port}", ""), "--port", str(self._port)]
        self.scheduler = self._start("scheduler", before, *words, "--dashboard-address", "127.0.0.1:0", *self._tls)
        wait_until(lambda: "Scheduler at" in self.printed("scheduler"), "the scheduler listens")

    def kill_scheduler(self) -> None:
        self.scheduler.send_signal(signal.SIGKILL)
        self.scheduler.wait(PATIENCE)
        (self.root / "scheduler.log").unlink()

    def worker(self, *arguments: str, before: str = "") -> DaskWorker:
        name = f"worker-{len(self.workers)}"
        words = ["worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        words += ["--host", "127.0.0.1", "--local-directory", str(self.root / name), *self._tls, *arguments]
        self.workers.append(DaskWorker(name, self._start(name, before, *words)))
        return self.workers[-1]

    def printed(self, name: str) -> str:
        log = self.root / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def stop(self) -> None:
        for each in self.workers:
            each.end()
        if self.scheduler.poll() is None:
            self.scheduler.kill()
            self.scheduler.wait(PATIENCE)

    def _start(self, name: str, before: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.root / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", f"{before}{_DASK}", *words],
                env={**os.environ, "BLENDER": self._blender},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def is_alive(process: psutil.Process) -> bool:
    """A process whose parent is gone may stay as a zombie where nobody waits for it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
