"""Runs a node on a worker of a Dask cluster, for as long as Dask wants the task: a process of its own, which ends with
the worker. The worker's Python needs `farmhand[node]`; the cluster's scheduler does not."""

from __future__ import annotations

import collections
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import dask
from distributed import Worker, get_worker
from distributed.core import Status

from ...client.files import remove_tree
from ...jobs.private_folder import make_private, write_private
from ...jobs.process.child_process import NO_WINDOW
from ...jobs.version import version
from ..render.blender.lifeline import Lifeline
from .addresses import written

_LOOK_SECONDS = 0.2
_END_SECONDS = 5.0
_REACH_SECONDS = 60.0
"""Within which a node whose Blender renders must have reached the farm."""
_ENVIRONMENT_OF_WORKERS = "distributed.nanny.pre-spawn-environ"


class NoNode(Exception):
    """This worker cannot render; says why."""


def run(order: Mapping[str, Any]) -> None:
    """Keep a node running. Returns when Dask no longer wants the task.

    order: farmhand (the farm's version), host, port (where it listens for nodes), key (of a node, PEM), slots, label.
    Raises NoNode when the node ends by itself.
    """
    if order["farmhand"] != version():
        raise NoNode(f"it has Farmhand {version()}, and the farm has {order['farmhand']}: install the farm's version")
    worker = get_worker()
    task = str(worker.get_current_task())
    folder = Path(worker.local_directory) / "farmhand"
    remove_tree(folder)
    make_private(folder)
    key = folder / "node.pem"
    write_private(key, order["key"])
    lifeline = Lifeline(has_keeper=True)
    words = [written(order["host"], order["port"]), "--key", str(key), "--data", str(folder / "node")]
    words += ["--slots", str(order["slots"]), "--label", order["label"], "--until-stdin-closes"]
    command = lifeline.kept([sys.executable, "-m", f"{__name__.partition('.node.')[0]}", "node", *words])
    try:
        with subprocess.Popen(
            command,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=lifeline.inherited(),
            creationflags=NO_WINDOW,
        ) as process:
            lifeline.handed_over()
            try:
                _watch(process, worker, task)
            finally:
                lifeline.cut()
                _end(process)
    finally:
        remove_tree(folder)


def _watch(process: subprocess.Popen[bytes], worker: Worker, task: str) -> None:
    """Return when the task is no longer wanted. Raises NoNode."""
    assert process.stderr is not None
    said = _Said(process.stderr)
    while process.poll() is None:
        if not _is_wanted(worker, task):
            return
        if said.tested and not said.is_connected and time.monotonic() > said.tested + _REACH_SECONDS:
            raise NoNode(f"it does not reach the farm ({said.last})")
        time.sleep(_LOOK_SECONDS)
    said.wait()
    raise NoNode(said.last or f"its node ended with code {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The keeper must live until it has ended the node and its Blenders; Windows has a job object instead."""
    try:
        process.wait(0 if sys.platform == "win32" else _END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _is_wanted(worker: Worker, task: str) -> bool:
    """Dask cannot cancel a thread, so the task itself must check."""
    state = worker.state.tasks.get(task)
    is_running = worker.status in (Status.running, Status.paused)
    return is_running and state is not None and state.state in ("executing", "long-running")


def _environment() -> dict[str, str]:
    """The worker's environment, without Dask's settings, which do not concern the node, and without the thread counts
    that Dask sets for numerical libraries."""
    set_by_dask = set(dask.config.get(_ENVIRONMENT_OF_WORKERS, {}))
    return {
        name: value for name, value in os.environ.items() if name not in set_by_dask and not name.startswith("DASK_")
    }


class _Said:
    """Reads what a node prints, so that the node never blocks on a full pipe.

    tested: when its Blender had rendered the test picture, monotonic seconds; 0.0 before. last: its last line.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.tested = 0.0
        self.is_connected = False
        self._lines = collections.deque[str](maxlen=1)
        self._reading = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reading.start()

    @property
    def last(self) -> str:
        return self._lines[0] if self._lines else ""

    def wait(self) -> None:
        self._reading.join(1)

    def _read(self, stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode(errors="replace").strip()
            if line:
                self._lines.append(line[:500])
            if line.endswith("renders here."):
                self.tested = time.monotonic()
            elif line.startswith("Connected to"):
                self.is_connected = True
