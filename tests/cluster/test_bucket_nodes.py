"""Nodes of a farm whose files are in a bucket: packages and frames go between the two, and not through the farm."""

import asyncio
import hashlib
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bucket_server import BUCKET, BucketServer
from counting_proxy import CountingProxy
from running_cluster import RunningCluster, RunningNode
from running_farm import RunningFarm
from split_stills import difference, everything, said
from waiting import wait_until

from farmhand.farm.cluster.attempts.attempt_routes import create_attempts_app
from farmhand.farm.cluster.attempts.attempts import Attempt, Attempts
from farmhand.farm.cluster.attempts.bucket_uploads import BucketUploads
from farmhand.farm.cluster.nodes import Node, NodeFacts
from farmhand.farm.objects.bucket import BucketObjects

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bucket's server is for Linux here")
PICTURE = b"picture" * 1000
NODE = Node("tls://127.0.0.1:1", "key", "node", NodeFacts(host="here", system="Linux", slots=1, blender="5.0.1"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    running = BucketServer(tmp_path_factory.mktemp("bucket"))
    yield running
    running.stop()


def test_frames_go_from_nodes_to_the_bucket_and_not_through_the_farm(
    server: BucketServer,
    start_cluster: Callable[..., RunningCluster],
    scene_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = CountingProxy(server.port)
    place = f"s3://{BUCKET}/farm"
    for name, value in {**server.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}"}.items():
        monkeypatch.setenv(name, value)
    cluster = start_cluster("--objects", place, "--videos", "never")
    for name in server.environment:  # a node needs no keys of the bucket
        monkeypatch.delenv(name)
    node, farm = cluster.node(), cluster.farm
    job = farm.rendered(scene_file("turning"), frameRanges=["1-5"], resolution=[640, 480], outputFormat="BMP")
    assert job["status"] == "completed", job["failedReason"]
    by_node, by_farm = proxy.sent[node.process.pid], proxy.sent[farm.process.pid]
    read_by_farm = proxy.read[farm.process.pid]
    proxy.close()
    stored = {key: server.read("farm", key) for key in server.keys("farm") if "/frames/" in key}
    assert len(stored) == 5
    size = sum(map(len, stored.values()))
    assert size > 4_000_000
    assert by_node > size
    assert by_farm < size / 20
    assert read_by_farm < size / 20 + 2 * node_package(server)
    assert not [key for key in server.keys("farm") if key.startswith("attempts/")]
    assert "package comes from 127.0.0.1" in logs(node)
    written = logs(node) + node.printed + "".join(each.read_text() for each in (farm.data / "logs").rglob("*.log"))
    assert not [word for word in ("AWS4-HMAC", "X-Amz-Signature", "expires=") if word in written]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_tiles_of_a_still_wait_in_the_bucket_and_never_pass_through_the_farm(
    server: BucketServer,
    start_cluster: Callable[..., RunningCluster],
    start_farm: Callable[..., RunningFarm],
    scene_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = scene_file("whole_picture")
    wanted = {"frameRanges": ["3"], "sampleCount": 16, "denoisingEnabled": False}
    wanted |= {"resolution": [1600, 900], "resolutionPercentage": 100}
    alone = start_farm()
    whole = everything(alone, alone.rendered(scene, **wanted)["id"])
    alone.stop()
    bucket = CountingProxy(server.port)
    with monkeypatch.context() as patch:
        for name, value in {**server.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{bucket.port}"}.items():
            patch.setenv(name, value)
        cluster = start_cluster("--objects", f"s3://{BUCKET}/tiled", "--videos", "never")
    farm = cluster.farm
    ways = [CountingProxy(cluster.port + number, "127.0.0.2") for number in range(2)]
    nodes = [cluster.node(wait=False, host="127.0.0.2") for _ in range(2)]
    for node in nodes:
        node.wait_until_connected()
    split, farms = split_by_a_farm_that_dies(server, farm, scene, wanted)
    assert sorted(split) == sorted(whole)
    assert [name for name in split if difference(split[name], whole[name])] == []
    by_nodes = sum(bucket.sent[node.process.pid] for node in nodes)
    read_by_nodes = sum(bucket.read[node.process.pid] for node in nodes)
    size = by_nodes - sum(map(len, split.values()))
    assert size > 2_000_000, "tiles"
    assert read_by_nodes > size * 3 / 4, "who puts them together reads them in the bucket"
    between = [count for way in ways for counted in (way.sent, way.read) for count in counted.values()]
    assert between and sum(between) < size / 5, "between nodes and farm: less than one of four tiles"
    by_farm = sum(bucket.sent[each] + bucket.read[each] for each in farms)
    assert by_farm < size / 5 + 3 * node_package(server, "tiled")
    assert not [key for key in server.keys("tiled") if key.startswith(("attempts/", "tiles/"))]
    for proxy in (bucket, *ways):
        proxy.close()


def split_by_a_farm_that_dies(
    server: BucketServer, farm: RunningFarm, scene: Path, wanted: dict[str, Any]
) -> tuple[dict[str, bytes], list[int]]:
    """All that comes of it, and the ids of the farm's two processes."""
    job_id = farm.start_render(scene, **wanted, splitFrames=True)
    wait_until(lambda: bool(tiles_in(server)), "a tile is in the bucket")
    first = farm.process.pid
    farm.kill()
    farm.start()
    job = farm.wait_for(job_id, "completed", "failed")
    assert job["status"] == "completed", job["failedReason"]
    assert said(farm, "is split into 4 tiles, of which 0 are there")
    assert re.search("is split into 4 tiles, of which [1-4] are there", (farm.data / "logs/farm.log").read_text())
    return everything(farm, job_id), [first, farm.process.pid]


def tiles_in(server: BucketServer) -> list[str]:
    return [key for key in server.keys("tiled") if key.startswith("tiles/")]


def logs(node: RunningNode) -> str:
    return "".join(log.read_text(encoding="utf-8") for log in (node.folder / "logs").glob("*.log"))


def node_package(server: BucketServer, prefix: str = "farm") -> int:
    """Bytes of the package: the farm reads it once, to see what it is."""
    return sum(len(server.read(prefix, key)) for key in server.keys(prefix) if key.startswith("uploads/"))


@pytest.mark.soak
def test_frames_wait_at_their_node_for_a_bucket_that_is_away(
    start_cluster: Callable[..., RunningCluster],
    scene_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = BucketServer(tmp_path / "bucket")
    try:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        cluster = start_cluster("--objects", f"s3://{BUCKET}/farm", "--videos", "never")
        node, farm = cluster.node(), cluster.farm
        job_id = farm.start_render(scene_file("turning"), frameRanges=["1-5"])
        wait_until(lambda: farm.frames_done(job_id) > 0, "a frame is there")
        server.stop()
        wait_until(lambda: "put into the bucket again" in logs(node), "a node tries again")
        server.start()
        job = farm.wait_for(job_id, "completed", "failed")
        assert job["status"] == "completed", job["failedReason"]
        assert len(farm.frames(job_id)) == 5
        assert "is rendered again" not in (farm.data / "logs" / "farm.log").read_text(encoding="utf-8")
    finally:
        server.stop()


class Bench:
    """One attempt that is open, and what its node sends."""

    def __init__(self, objects: BucketObjects, folder: Path, client: httpx.AsyncClient, attempt: Attempt) -> None:
        self.objects, self.folder, self.client, self.attempt = objects, folder, client, attempt

    async def announced(self, content: bytes = PICTURE) -> dict[str, Any]:
        file = {"relativePath": "frames/0001.png", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        answer = await self.client.post("rendered", json={"files": [file], "seconds": 1})
        put: dict[str, Any] = answer.raise_for_status().json()["puts"][0]
        return put

    async def there(self, number: int = 0) -> int:
        return (await self.client.post(f"files/{number}/there")).status_code


async def put_in(put: dict[str, Any], content: bytes) -> int:
    async with httpx.AsyncClient(trust_env=False) as outside:
        return (await outside.put(put["url"], content=content, headers=put["headers"])).status_code


async def nothing_is_there(bench: Bench) -> None:
    assert await bench.there() == 409
    await bench.announced()
    assert await bench.there() == 400
    assert not bench.attempt.outcome.done()


async def other_content_is_refused(bench: Bench) -> None:
    put = await bench.announced()
    assert await put_in(put, PICTURE[:-1] + b"!") == 400
    assert await bench.there() == 400
    assert not bench.attempt.outcome.done()


async def a_file_that_was_not_announced_counts_nothing(bench: Bench) -> None:
    await bench.announced()
    assert await bench.there(1) == 409


async def what_is_there_counts_once(bench: Bench) -> None:
    put = await bench.announced()
    assert await put_in(put, PICTURE) == 200
    assert await bench.there() == 200
    rendered = bench.attempt.outcome.result()
    assert rendered.files[0].arrived.sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert bench.objects.copy(rendered.files[0].arrived.key, "jobs/job/frames/0001.png") == len(PICTURE)
    assert await bench.there() == 410
    assert await put_in(put, b"!" * len(PICTURE)) == 400
    assert bench.objects.open("jobs/job/frames/0001.png").read() == PICTURE


async def through_the_farm_it_counts_too(bench: Bench) -> None:
    """As from a node of an earlier version."""
    await bench.announced()
    assert (await bench.client.put("files/0", content=PICTURE)).status_code == 200
    assert bench.attempt.outcome.result().files[0].arrived is None


@pytest.mark.parametrize(
    "attack",
    [
        nothing_is_there,
        other_content_is_refused,
        a_file_that_was_not_announced_counts_nothing,
        what_is_there_counts_once,
        through_the_farm_it_counts_too,
    ],
)
def test_of_what_a_node_puts_into_the_bucket_only_what_it_has_announced_counts(
    attack: Callable[[Bench], Any], server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    objects = BucketObjects(f"s3://{BUCKET}/{uuid.uuid4().hex}")
    objects.check()

    async def try_it() -> None:
        outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        folder = tmp_path / "attempt"
        folder.mkdir()
        attempt = Attempt("job", 1, NODE, lambda: "", folder, outcome, lambda _: None, lambda: None)
        attempt.arrivals = BucketUploads(objects, "attempts/job/1-a")
        attempts = Attempts()
        attempts.add(attempt)
        transport = httpx.ASGITransport(create_attempts_app(attempts), raise_app_exceptions=False)
        base = f"http://farm/attempts/{attempt.secret}/"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            await attack(Bench(objects, folder, client, attempt))

    asyncio.run(try_it())
