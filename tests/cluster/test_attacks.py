"""Strangers, revoked keys and nodes that lie: they get nothing, and the job is rendered all the same."""

import asyncio
import pickle
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from distributed import Client
from distributed.core import connect, rpc
from lying_node import LyingNode, Order, result, security
from running_cluster import RunningCluster
from waiting import PATIENCE, wait_until

from farmhand.farm.cluster.certificates import Authority, client_context

StartCluster = Callable[..., RunningCluster]
Scenes = Callable[..., Path]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster(blender_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """A farm with one honest node."""
    cluster = RunningCluster(tmp_path_factory.mktemp("attacked"), blender_command)
    cluster.node()
    yield cluster
    cluster.stop()


def key_of(cluster: RunningCluster, name: str) -> Path:
    return Path(cluster.invite(f"{name}-{uuid.uuid4().hex[:6]}")["file"])


def log_of(cluster: RunningCluster) -> str:
    return (cluster.farm.data / "logs" / "farm.log").read_text(encoding="utf-8")


# Who gets in


def test_a_key_of_another_farm_opens_nothing(cluster: RunningCluster, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(Authority(tmp_path / "other").issue("abcd1234"))
    with pytest.raises(httpx.TransportError):
        httpx.get(f"https://127.0.0.1:{cluster.port + 1}/", verify=client_context(stranger), trust_env=False)
    with pytest.raises(OSError):
        asyncio.run(_call(cluster.port, stranger, "identity"))


def test_without_a_key_nothing_is_answered(cluster: RunningCluster) -> None:
    for port in (cluster.port, cluster.port + 1):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"https://127.0.0.1:{port}/", verify=False, trust_env=False)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)


def test_a_revoked_key_is_turned_away_and_its_node_is_cut_off(start_cluster: StartCluster, scene_file: Scenes) -> None:
    cluster = start_cluster()
    invitation = cluster.invite("traitor")
    node = cluster.node(name="traitor")
    job_id = cluster.farm.start_render(scene_file("slow"))
    wait_until(lambda: bool(node.blenders()), "the node renders")
    _revoke(cluster, invitation["id"])
    wait_until(lambda: not node.blenders(), "what it rendered has ended")
    cluster.node(name="honest")
    wait_until(lambda: bool(cluster.nodes[1].blenders()), "another node renders instead")
    assert node.printed.count("Connected") == 1 and not node.blenders()
    cluster.farm.ask(f"/jobs/{job_id}/cancel")


@pytest.mark.parametrize("op", ["register-client", "run_function", "broadcast", "terminate", "get_cluster_state"])
def test_a_nodes_key_does_not_open_the_scheduler(cluster: RunningCluster, op: str) -> None:
    with pytest.raises(OSError):
        asyncio.run(_call(cluster.port, key_of(cluster, "node"), op))
    assert cluster.farm.process.poll() is None
    assert cluster.farm.api.get("/jobs").status_code == 200


def test_a_nodes_key_is_no_clients_key(cluster: RunningCluster) -> None:
    async def try_it() -> None:
        address = f"tls://127.0.0.1:{cluster.port}"
        async with Client(address, security=security(key_of(cluster, "node")), asynchronous=True, timeout=3) as client:
            await client.run_on_scheduler(lambda: 1)

    with pytest.raises((OSError, TimeoutError)):
        asyncio.run(try_it())


def test_a_pickle_in_a_message_is_never_opened(cluster: RunningCluster, tmp_path: Path) -> None:
    from distributed.protocol.serialize import Pickled

    mark = tmp_path / "owned"
    header, frames = {"pickled-obj": pickle.dumps(_Touch(str(mark))), "num-sub-frames": 0}, []

    async def send() -> None:
        address = f"tls://127.0.0.1:{cluster.port}"
        key = security(key_of(cluster, "node"))
        comm = await connect(address, **key.get_connection_args("worker"))
        await comm.write({"op": "heartbeat_worker", "address": Pickled(header, frames)})
        await comm.read()

    with pytest.raises(Exception):  # noqa: B017 - whatever the farm does in place of opening it
        asyncio.run(asyncio.wait_for(send(), 20))
    time.sleep(0.5)
    assert not mark.exists()
    assert cluster.farm.api.get("/jobs").status_code == 200


# Nodes that lie


async def wrong_hash(order: Order) -> list[int]:
    return [await order.tell("rendered", _of(order)), await order.put(0, b"PICTURE")]


async def foreign_frame(order: Order) -> list[int]:
    return [await order.tell("rendered", result("frames/0999.png"))]


async def path_in_a_name(order: Order) -> list[int]:
    names = (
        "../../../secret",
        "/etc/passwd",
        "frames/../../x.png",
        "C:\\x.png",
        "frames/0001.png:evil",
        "farm.sqlite3",
    )
    return [await order.tell("rendered", result(name)) for name in names]


async def a_name_that_no_disk_takes(order: Order) -> list[int]:
    told = await order.tell("rendered", result(f"frames/{order.order['frame']:04d}{'é' * 130}"))
    return [told, await order.put(0, b"picture")]


async def a_file_in_a_file(order: Order) -> list[int]:
    told = _of(order)
    told["files"] += [{**told["files"][0], "relativePath": name} for name in ("composite/a/b", "composite/a")]
    return [await order.tell("rendered", told), *[await order.put(number, b"picture") for number in range(3)]]


async def endless_body(order: Order) -> list[int]:
    async def forever() -> Any:
        for _ in range(100_000):
            yield b"x" * 65536

    told = await order.tell("rendered", _of(order))
    try:
        return [told, await order.put(0, forever())]
    except httpx.TransportError:
        return [told, 413]


async def more_than_any_disk(order: Order) -> list[int]:
    return [await order.tell("rendered", result(_name(order), bytes=2**50))]


async def no_words(order: Order) -> list[int]:
    return [await order.tell("rendered", {"files": "many"}), await order.tell("nonsense", {}), await order.put(7, b"")]


async def another_secret(order: Order) -> list[int]:
    return [await order.tell("rendered", _of(order), secret="A" * 32), await order.put(0, b"x", secret="../package")]


def _name(order: Order) -> str:
    return f"frames/{order.order['frame']:04d}.png"


def _of(order: Order) -> dict[str, Any]:
    return result(_name(order))


@pytest.mark.parametrize(
    "lie",
    [
        wrong_hash,
        foreign_frame,
        path_in_a_name,
        a_file_in_a_file,
        a_name_that_no_disk_takes,
        endless_body,
        more_than_any_disk,
        no_words,
        another_secret,
    ],
)
def test_a_lying_node_lands_nothing_and_the_job_is_rendered_by_an_honest_one(
    cluster: RunningCluster, scene_file: Scenes, lie: Callable[[Order], Any]
) -> None:
    answers: list[int] = []

    async def answer(order: Order) -> None:
        if order.order["kind"] == "frame":
            answers.extend(await lie(order))
        await order.tell("failed", {"name": "No.", "type": "blender_error"})

    before = set(cluster.root.rglob("*secret*"))
    with LyingNode(cluster.port, key_of(cluster, "liar"), answer):
        job = cluster.farm.rendered(scene_file("animated"))
    assert job["status"] == "completed", job["failedReason"]
    assert sorted(cluster.farm.frames(job["id"])) == [f"frames/000{frame}.png" for frame in range(1, 6)]
    assert all(content.startswith(b"\x89PNG") for content in cluster.farm.frames(job["id"]).values())
    assert answers and any(status >= 400 for status in answers)
    assert all(status in (200, 404, 409, 410, 413, 422, 507) for status in answers)
    assert set(cluster.root.rglob("*secret*")) == before


def test_a_node_that_fails_what_others_render_is_set_aside(cluster: RunningCluster, scene_file: Scenes) -> None:
    async def answer(order: Order) -> None:
        await order.tell("failed", {"name": "Broken card.", "type": "crashed", "isFinal": True})

    with LyingNode(cluster.port, key_of(cluster, "broken"), answer, {"slots": 2}):
        assert cluster.farm.rendered(scene_file("steady"))["status"] == "completed"
    assert "Node broken" in log_of(cluster) and "were rendered by other nodes" in log_of(cluster)


def test_a_node_that_dies_without_an_answer_costs_a_frame_no_attempt(
    cluster: RunningCluster, scene_file: Scenes
) -> None:
    asked = []

    async def answer(order: Order) -> None:
        asked.append(order)
        await asyncio.sleep(600)

    liar = LyingNode(cluster.port, key_of(cluster, "sleeper"), answer)
    with liar:
        job_id = cluster.farm.start_render(scene_file("animated"))
        wait_until(lambda: bool(asked), "the node has an order")
    assert cluster.farm.wait_for(job_id, "completed", "failed")["status"] == "completed"


# Helpers


class _Touch:
    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (Path(self._path),))


async def _call(port: int, key: Path, op: str) -> Any:
    async with rpc(f"tls://127.0.0.1:{port}", connection_args=security(key).get_connection_args("worker")) as scheduler:
        return await asyncio.wait_for(getattr(scheduler, op)(), PATIENCE)


def _revoke(cluster: RunningCluster, key_id: str) -> None:
    command = [sys.executable, "-m", "farmhand.farm", "keys", "revoke", key_id, "--data", str(cluster.farm.data)]
    subprocess.run(command, check=True, capture_output=True)
