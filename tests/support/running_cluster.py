"""A farm with nodes, all real processes of this machine, with folders of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
from running_farm import RunningFarm
from waiting import PATIENCE, wait_until


class RunningNode:
    """One `farmhand node`; with a session of its own, so that a test can stop or kill it alone."""

    def __init__(self, folder: Path, address: str, key: Path, blender: Sequence[str], *arguments: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        words = [address, "--key", str(key), "--data", str(folder), *arguments, "--blender", *blender]
        self._command = [sys.executable, "-m", "farmhand.farm", "node", *words]
        self.start()

    def start(self) -> None:
        with (self.folder / "printed.log").open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    @property
    def printed(self) -> str:
        return (self.folder / "printed.log").read_text(encoding="utf-8")

    def wait_until_connected(self) -> None:
        wait_until(lambda: self._said("Connected"), "the node is connected")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def leave(self, seconds: float = 60) -> int:
        """As a service manager would ask it to."""
        self.process.terminate()
        return int(self.process.wait(seconds))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(PATIENCE)

    def blenders(self) -> list[psutil.Process]:
        """Every process that works for this node, found by the user folder that it was given."""
        mark = f"BLENDER_USER_RESOURCES={self.folder}/".encode()
        return [each for each in psutil.process_iter() if mark in _environment(each.pid)]

    def _said(self, word: str) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"The node ended: {self.printed}")
        return word in self.printed


class RunningCluster:
    """root: where the farm and all nodes have their folders."""

    def __init__(self, root: Path, blender: Sequence[str], *arguments: str) -> None:
        self.root = root
        self._blender = list(blender)
        self.nodes: list[RunningNode] = []
        self.port = free_ports()
        given = ["--backend", "dask", "--node-port", str(self.port), *arguments]
        self.farm = RunningFarm(root / "farm", blender, *given)

    def invite(self, name: str) -> dict[str, str]:
        """The answer of `farmhand farm invite`."""
        command = [sys.executable, "-m", "farmhand.farm", "invite", name, "--data", str(self.farm.data), "--json"]
        out = ["--out", str(self.root / f"{name}.pem")]
        done = subprocess.run([*command, *out], capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))

    def node(
        self,
        *arguments: str,
        blender: Sequence[str] = (),
        name: str = "",
        wait: bool = True,
        host: str = "127.0.0.1",
    ) -> RunningNode:
        name = name or f"node{len(self.nodes)}"
        key = self.root / f"{name}.pem"
        if not key.exists():
            self.invite(name)
        address = f"{host}:{self.port}"
        node = RunningNode(self.root / name, address, key, blender or self._blender, *arguments)
        self.nodes.append(node)
        if wait:
            node.wait_until_connected()
        return node

    def blenders(self) -> list[psutil.Process]:
        return [each for node in self.nodes for each in node.blenders()]

    def stop(self) -> None:
        for node in self.nodes:
            node.end()
        self.farm.stop()


def free_ports() -> int:
    """A port that is free together with the two after it, and that no system gives to outgoing connections."""
    import random
    import socket

    while True:
        port = random.randrange(20_000, 32_000, 3)
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
                third.bind(("127.0.0.1", port + 2))
            except (OSError, OverflowError):
                continue
            return port


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
