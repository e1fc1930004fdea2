"""Nodes that hang or die again and again, ports that are taken, clocks that are wrong, and a farm that never rests."""

import asyncio
import contextlib
import functools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lying_node import LyingNode, Order, result
from running_cluster import RunningCluster, free_ports
from running_farm import RunningFarm
from waiting import wait_until

from farmhand.farm.cluster.certificates import Authority

StartCluster = Callable[..., RunningCluster]
Scenes = Callable[..., Path]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(b"BLENDER-v500" + b"x" * 1000)
    return path


async def analyzed(order: Order) -> bool:
    """Answers an analysis. Returns whether the order was one."""
    scene = {"scene": "Scene", "scenes": ["Scene"], "camera": "Camera", "frameStart": 1, "frameEnd": 1}
    if order.order["kind"] != "analysis":
        return False
    await order.tell("analyzed", {"analysis": {**scene, "frameStep": 1, "fileVersion": "5.0.1"}})
    return True


def invited(farm: RunningFarm, name: str, folder: Path) -> Path:
    key = folder / f"{name}-{time.monotonic_ns()}.pem"
    command = [sys.executable, "-m", "farmhand.farm", "invite", name, "--data", str(farm.data), "--out", str(key)]
    subprocess.run(command, capture_output=True, check=True)
    return key


def reason_for_failing(farm: RunningFarm, job_id: str) -> str:
    job = farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "failed"
    return str(job["failedReason"])


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("has_rendered", "reason"), [(False, "The node hanging took too long"), (True, "The node hanging did not send")]
)
def test_a_node_that_hangs_is_not_waited_for_forever(
    scene: Path, tmp_path: Path, has_rendered: bool, reason: str
) -> None:
    port = free_ports()
    limits = {"upload_seconds": 2.0, "open_seconds": 1.0, "frame_seconds": 1.0, "attempts": 2}
    settings = {"backend": "dask", "node_port": port, **limits}
    farm = RunningFarm(tmp_path / "farm", ["/bin/false"], settings=settings)

    async def answer(order: Order) -> None:
        if await analyzed(order):
            return
        if has_rendered:
            await order.tell("rendered", result("frames/0001.png"))
        await asyncio.sleep(600)

    try:
        with LyingNode(port, invited(farm, "hanging", tmp_path), answer):
            job_id = farm.start_render(scene, frameRanges=["1"])
            assert reason in reason_for_failing(farm, job_id)
    finally:
        farm.stop()


@pytest.mark.soak
@pytest.mark.timeout(120)
def test_a_node_that_lacks_disk_space_is_given_a_rest_from_analyses_too(
    start_cluster: StartCluster, scene: Path
) -> None:
    cluster = start_cluster()
    asked = []

    async def answer(order: Order) -> None:
        asked.append(order)
        await order.tell("failed", {"name": "No space.", "type": "disk_full", "isShortage": True})

    def waits() -> bool:
        return "lack disk space" in str(cluster.farm.job(job_id).get("pausedReason"))

    with LyingNode(cluster.port, invited(cluster.farm, "short", cluster.root), answer):
        job_id = cluster.farm.new_job(scene)
        cluster.farm.ask(f"/jobs/{job_id}/validate")
        wait_until(waits, "the job says what it waits for")
        time.sleep(2)
    assert len(asked) == 1


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_a_frame_with_which_the_only_node_dies_every_time_fails_in_the_end(
    start_cluster: StartCluster, scene: Path
) -> None:
    cluster = start_cluster()
    key = invited(cluster.farm, "dying", cluster.root)
    has_frame = []

    async def answer(order: Order) -> None:
        if not await analyzed(order):
            has_frame.append(order)
            await asyncio.sleep(600)

    def has_orders(count: int) -> bool:
        return len(has_frame) >= count

    job_id = ""
    for number in range(15):  # three attempts of five deaths
        with LyingNode(cluster.port, key, answer, address=f"tls://127.8.{number}.1:9999"):
            job_id = job_id or cluster.farm.start_render(scene, frameRanges=["1"])
            wait_until(functools.partial(has_orders, number + 1), "the node has the frame")
    assert "The node dying was lost 5 times" in reason_for_failing(cluster.farm, job_id)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_port_for_nodes_that_is_taken_is_told_in_a_sentence(place: int, tmp_path: Path) -> None:
    port = free_ports()
    with socket.create_server(("127.0.0.1", port + place)):
        command = [sys.executable, "-m", "farmhand.farm", "--data", str(tmp_path), "--backend", "dask"]
        done = subprocess.run([*command, "--node-port", str(port)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("The farm cannot listen") and "--node-port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.timeout(120)
def test_farm_and_node_meet_at_an_address_of_ipv6(
    blender_command: list[str], scene_file: Scenes, tmp_path: Path
) -> None:
    port = free_ports()
    options = ["--backend", "dask", "--host", "::1", "--node-port", str(port)]
    farm = RunningFarm(tmp_path / "farm", blender_command, *options)
    key = invited(farm, "six", tmp_path)
    node = [sys.executable, "-m", "farmhand.farm", "node", f"[::1]:{port}", "--key", str(key)]
    log = (tmp_path / "node.log").open("w")
    with (
        log,
        subprocess.Popen([*node, "--data", str(tmp_path / "node"), "--blender", *blender_command], stderr=log) as it,
    ):
        try:
            job = farm.rendered(scene_file("animated"), frameRanges=["1-2"])
            assert job["status"] == "completed", job["failedReason"]
            assert sorted(farm.frames(job["id"])) == ["frames/0001.png", "frames/0002.png"]
        finally:
            it.terminate()
            it.wait(30)
            farm.stop()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_farm_that_is_killed_ten_times_loses_no_frame(start_cluster: StartCluster, scene: Path) -> None:
    cluster = start_cluster()
    key = invited(cluster.farm, "steady", cluster.root)
    rendered: list[int] = []

    async def answer(order: Order) -> None:
        if await analyzed(order):
            return
        await asyncio.sleep(0.2)
        picture = f"picture {order.order['frame']}".encode()
        await order.tell("started", {"finalConfig": order.order["config"]})
        await order.tell("rendered", result(f"frames/{order.order['frame']:04d}.png", picture))
        if await order.put(0, picture) == 200:
            rendered.append(order.order["frame"])

    def has_frames(count: int) -> bool:
        return cluster.farm.frames_done(job_id) >= count

    job_id, frames = "", 60
    for number in range(11):
        with joined_again(cluster, key, answer, number):
            job_id = job_id or cluster.farm.start_render(scene, frameRanges=[f"1-{frames}"])
            wanted = min(frames, cluster.farm.frames_done(job_id) + 2)
            if number == 10:
                job = cluster.farm.wait_for(job_id, "completed", "failed")
                assert job["status"] == "completed", job["failedReason"]
                break
            wait_until(functools.partial(has_frames, wanted), "two more frames are done")
            cluster.farm.kill()
        cluster.farm.start()
    found = cluster.farm.frames(job_id)
    assert found == {f"frames/{number:04d}.png": f"picture {number}".encode() for number in range(1, frames + 1)}
    assert len(set(rendered)) == frames
    again = len(rendered) - frames
    assert again <= 20, "at most the frames of both slots that were just arriving are rendered again each time"


@contextlib.contextmanager
def joined_again(cluster: RunningCluster, key: Path, answer: Any, number: int) -> Iterator[None]:
    with LyingNode(cluster.port, key, answer, {"slots": 2}, address=f"tls://127.7.{number}.1:9999"):
        yield


@pytest.mark.parametrize("days", [-6000, -400, 3000])
def test_a_computer_with_a_wrong_clock_can_connect(days: int, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "nodes")
    key = tmp_path / "node.pem"
    key.write_text(authority.issue("abcd1234"))
    moment = int(time.time()) + days * 86400
    for certificate in (authority.own, key):
        check = ["openssl", "verify", "-attime", str(moment), "-CAfile", str(authority.certificate), str(certificate)]
        assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_of_two_nodes_with_one_name_neither_is_stopped_by_it(start_cluster: StartCluster, tmp_path: Path) -> None:
    cluster = start_cluster()

    async def answer(order: Order) -> None:
        await analyzed(order)

    def stop(name: str) -> tuple[int, str]:
        home = {"FARMHAND_HOME": str(tmp_path / "home"), "FARMHAND_API_KEY": cluster.farm.token}
        command = [
            str(Path(sys.executable).with_name("farmhand")),
            "nodes",
            "--stop",
            name,
            "--server",
            cluster.farm.url,
        ]
        done = subprocess.run(command, env={**os.environ, **home}, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    keys = [invited(cluster.farm, "twin", cluster.root) for _ in range(2)]
    with (
        LyingNode(cluster.port, keys[0], answer, {"host": "one"}, address="tls://127.6.1.1:9999"),
        LyingNode(cluster.port, keys[1], answer, {"host": "two"}, address="tls://127.6.2.1:9999"),
    ):
        code, said = stop("twin")
        assert code != 0 and "Several nodes are named twin" in said
        chosen = said.partition(" (two)")[0].split()[-1]
        code, said = stop(chosen)
        assert code == 0
        stopped = [line for line in said.splitlines() if "stopped" in line]
        assert len(stopped) == 1 and stopped[0].startswith(chosen)
