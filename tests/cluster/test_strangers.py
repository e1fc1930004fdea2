"""Connections from strangers to a farm's ports for nodes must not delay anyone else."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from running_cluster import free_ports
from running_farm import API, RunningFarm
from waiting import wait_until

from farmhand.client.errors import LocalProblem
from farmhand.client.network.http_server import HEAD_SECONDS
from farmhand.farm.cluster.pairing import pairing_code
from farmhand.farm.node import pairing

DESCRIPTORS = 512
pytestmark = pytest.mark.posix("prlimit limits the descriptors of a farm")


@pytest.fixture
def small_farm(tmp_path: Path, blender_command: list[str]) -> Iterator[tuple[RunningFarm, int]]:
    """A farm for nodes whose system gives it few descriptors, and the first of its ports for nodes."""
    port, limit = free_ports(), ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
    given = ["--backend", "dask", "--node-port", str(port)]
    farm = RunningFarm(tmp_path / "farm", blender_command, *given, before=limit)
    yield farm, port
    farm.stop()


@pytest.mark.parametrize("place", range(3), ids=["Dask", "frames", "codes"])
def test_many_who_begin_no_handshake_keep_nobody_out_and_are_closed(
    small_farm: tuple[RunningFarm, int], place: int
) -> None:
    farm, port = small_farm
    silent = [socket.create_connection(("127.0.0.1", port + place)) for _ in range(2 * DESCRIPTORS)]
    try:
        headers = {"Authorization": f"Bearer {farm.token}"}
        httpx.get(f"{farm.url}{API}/jobs", headers=headers, timeout=HEAD_SECONDS, trust_env=False).raise_for_status()
        assert pairing.pair("127.0.0.1", port + 2, code_of(farm), "pc").port == port
        silent[-1].settimeout(HEAD_SECONDS / 100)
        wait_until(lambda: is_closed(silent[-1]), "the last one is closed")
    finally:
        for each in silent:
            each.close()
    assert "Too many open files" not in (farm.data / "logs" / "farm.log").read_text(encoding="utf-8")


def test_who_tries_codes_keeps_no_invited_computer_out(small_farm: tuple[RunningFarm, int]) -> None:
    farm, port = small_farm
    is_over, tried = threading.Event(), list[bool]()

    def guess() -> None:
        while not is_over.is_set():
            with pytest.raises(LocalProblem):
                pairing.pair("127.0.0.1", port + 2, pairing_code.new_code(), "pc")
            tried.append(True)

    codes = [code_of(farm) for _ in range(6)]
    with ThreadPoolExecutor(24) as threads:
        guessing = [threads.submit(guess) for _ in range(24)]
        try:
            wait_until(lambda: len(tried) > 24, "they try codes")
            assert all(pairing.pair("127.0.0.1", port + 2, code, "pc").port == port for code in codes)
        finally:
            is_over.set()
    assert all(each.exception() is None for each in guessing)


def code_of(farm: RunningFarm) -> str:
    command = [sys.executable, "-m", "farmhand.farm", "invite", "pc", "--code", "--json", "--data", str(farm.data)]
    return str(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["code"])


def is_closed(each: socket.socket) -> bool:
    try:
        return each.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
