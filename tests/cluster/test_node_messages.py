"""What a node with a valid key may say to Dask's scheduler: nothing that runs code, takes memory, or touches others."""

import asyncio
import contextlib
import pickle
import struct
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from distributed import Client
from distributed.comm.tcp import TLSConnector
from distributed.core import connect
from distributed.protocol.utils import pack_frames
from distributed.security import Security
from lying_node import security
from waiting import PATIENCE, wait_until

from farmhand.farm.cluster.certificates import Authority
from farmhand.farm.cluster.dask.guarded_scheduler import GuardedScheduler

pytestmark = pytest.mark.filterwarnings("ignore")
ADDRESS = "tls://127.1.2.3:4"


class Scheduler:
    """A farm's scheduler, in this process, with two keys: `good` and `bad`."""

    def __init__(self, folder: Path) -> None:
        self._authority = Authority(folder / "nodes")
        self._folder = folder
        self.revoked: set[str] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[GuardedScheduler]:
        pem, own = str(self._authority.certificate), str(self._authority.own)
        files = {"tls_ca_file": pem, "tls_scheduler_cert": own, "tls_scheduler_key": own, "require_encryption": True}
        options = {"host": "127.0.0.1", "port": 0, "protocol": "tls", "dashboard_address": "127.0.0.1:0"}
        made = GuardedScheduler(lambda key: key not in self.revoked, 100, security=Security(**files), **options)
        async with made as self.scheduler:
            await self.scheduler.listen("inproc://")
            yield self.scheduler

    async def connected(self, name: str, *, greets: bool = True) -> Any:
        """greets: whether the connection has had Dask's own handshake."""
        key = self._folder / f"{name}.pem"
        key.write_text(self._authority.issue(name))
        place, files = f"127.0.0.1:{self.scheduler.port}", security(key).get_connection_args("worker")
        return await (connect(f"tls://{place}", **files) if greets else TLSConnector().connect(place, **files))

    async def joined(self, name: str, address: str = ADDRESS) -> Any:
        comm = await self.connected(name)
        await comm.write(registration(address))
        assert (await comm.read())["status"] == "OK"
        await comm.write([{"op": "worker-status-change", "status": "running", "stimulus_id": "s"}])
        return comm


def registration(address: str, **changes: Any) -> dict[str, Any]:
    spilled = {"memory": 0, "disk": 0}
    bandwidth = {"total": 1.0, "workers": {}, "types": {}}
    metrics = {"bandwidth": bandwidth, "digests_total_since_heartbeat": {}, "memory": 1, "spilled_bytes": spilled}
    extra = {"farmhand": {"host": "h", "system": "Linux", "slots": 1, "blender": "5.0.1"}}
    told = {"address": address, "status": "init", "nthreads": 1, "name": "x", "now": 0.0, "metrics": metrics}
    told |= {"resources": {}, "memory_limit": 0, "local_directory": "", "services": {}, "nanny": None, "versions": {}}
    return (
        {"op": "register-worker", "reply": False, "extra": extra, "stimulus_id": "s", "server_id": "i"} | told | changes
    )


def run(folder: Path, story: Callable[[Scheduler], Awaitable[None]]) -> None:
    async def told() -> None:
        here = Scheduler(folder)
        async with here.running():
            await story(here)

    asyncio.run(asyncio.wait_for(told(), PATIENCE))


async def until(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, condition, what)


def test_a_pickle_in_the_report_of_a_finished_order_is_never_opened(tmp_path: Path) -> None:
    mark = tmp_path / "owned"

    async def story(here: Scheduler) -> None:
        inside = here.scheduler.listeners[-1].contact_address
        async with Client(inside, asynchronous=True, set_as_default=False) as client:
            node = await here.joined("bad")
            future = client.submit(print, workers=[ADDRESS], pure=False)
            order = next(each for each in await node.read() if each["op"] == "compute-task")
            report = {"op": "task-finished", "key": order["key"], "run_id": order["run_id"], "nbytes": 1, "thread": 1}
            told = {"type": pickle.dumps(_Touch(mark)), "typename": "x", "metadata": {}, "startstops": []}
            await node.write([{**report, **told, "stimulus_id": "s"}])
            await until(lambda: future.status == "finished", "the order is over")
            node.abort()

    run(tmp_path, story)
    assert not mark.exists()


@pytest.mark.parametrize("changes", [{"nthreads": "many"}, {"metrics": {}}, {"memory_limit": []}, {"resources": 7}])
def test_a_node_whose_figures_are_of_the_wrong_kind_leaves_nothing_behind(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    async def story(here: Scheduler) -> None:
        node = await here.connected("bad")
        await node.write(registration(ADDRESS, **changes))
        with contextlib.suppress(OSError):
            await node.read()
        node.abort()
        await until(lambda: not (here.scheduler.key_ids or here.scheduler.workers), "it is gone")
        await here.scheduler.check_worker_ttl()

    run(tmp_path, story)


@pytest.mark.parametrize(
    "name", ["tls://127.1.2.3:04", "tls://127.1.2.3:4 ", "tls://127.001.2.3:4", "tls://127.1.515:4"]
)
@pytest.mark.parametrize("op", ["unregister", "heartbeat_worker"])
def test_an_address_written_differently_does_not_speak_for_another_node(tmp_path: Path, name: str, op: str) -> None:
    async def story(here: Scheduler) -> None:
        good, node, caller = await here.joined("good"), await here.connected("bad"), await here.connected("bad")
        heard = here.scheduler._heard[ADDRESS]
        for comm, message in (
            (node, registration(name)),
            (caller, {"op": op, "address": name, "stimulus_id": "s"}),
        ):
            with contextlib.suppress(OSError):
                await comm.write(message)
                await comm.read()
        assert list(here.scheduler.workers) == [ADDRESS] and not good.closed()
        assert here.scheduler._heard[ADDRESS] == heard
        for comm in (good, node, caller):
            comm.abort()

    run(tmp_path, story)


def test_what_a_node_says_of_its_bandwidth_does_not_reach_the_plans_for_others(tmp_path: Path) -> None:
    async def story(here: Scheduler) -> None:
        metrics = registration(ADDRESS)["metrics"] | {"digests_total_since_heartbeat": {"x": 1}}
        node, caller = await here.joined("bad"), await here.connected("bad")
        before = here.scheduler.bandwidth
        metrics["bandwidth"] = {"total": 0, "workers": {"a": (1.0, 1)}, "types": {"b": (1.0, 1)}}
        told = {"op": "heartbeat_worker", "address": ADDRESS, "now": 0.0, "metrics": metrics, "executing": {}}
        await caller.write({**told, "reply": True})
        assert (await caller.read())["status"] == "OK"
        assert here.scheduler.bandwidth == before > 0
        assert not (here.scheduler.bandwidth_workers or here.scheduler.cumulative_worker_metrics)
        node.abort()
        caller.abort()

    run(tmp_path, story)


def _message(*frames: bytes) -> bytes:
    packed = pack_frames(frames)
    return struct.pack("Q", len(packed)) + packed


def _unpacking(number: int) -> bytes:
    """Less than a megabyte that Dask unpacks to 100 MB for each frame."""
    said = msgpack.dumps({"op": "heartbeat_worker", "address": {"__Pickled__": 1}})
    header = msgpack.dumps({"pickled-obj": b"", "num-sub-frames": number, "compression": ["zlib"] * number})
    return _message(said, header, *[zlib.compress(bytes(100_000_000))] * number)


def _colliding() -> bytes:
    """A map whose keys, pairs of numbers, have one hash (CPython's, of tuples): a dictionary of them takes minutes."""
    size, first, second, wanted = 2**64, 11400714785074694791, 14029467366897019727, 12345
    before = _rotated(wanted * pow(first, -1, size) % size, 33)
    pairs = []
    for one in range(150_000):
        state = _rotated((2870177450012600261 + one * second) % size, 31) * first % size
        other = (before - state) * pow(second, -1, size) % size
        if other < 2**61 - 1:
            pairs.append((one, other))
    assert len({hash(pair) for pair in pairs}) == 1
    packer = msgpack.Packer()
    packed = b"".join(packer.pack(pair) + b"\0" for pair in pairs[:50_000])
    return _message(bytes(packer.pack_map_header(len(pairs[:50_000]))) + packed)


def _rotated(number: int, by: int) -> int:
    return (number << by | number >> 64 - by) % 2**64


@pytest.mark.parametrize(
    "message",
    [
        struct.pack("Q", 2**40) + bytes(1000),
        _unpacking(8),
        _message(),
        _message(b"\xc1"),
        _message(b"\x91" * 5000 + b"\0"),
        struct.pack("QQ", 8, 2**62),
        struct.pack("QQQ", 16, 1, 2**62),
        _message(msgpack.dumps([1])),
        _message(msgpack.dumps({"op": [], "address": {}})),
        _colliding(),
    ],
    ids=lambda message: ascii(message[:20]),
)
@pytest.mark.parametrize("is_greeting", [True, False])
def test_a_message_of_odd_make_ends_the_connection(tmp_path: Path, message: bytes, is_greeting: bool) -> None:
    """In place of the greeting that Dask expects, or after it."""

    async def story(here: Scheduler) -> None:
        node = await here.connected("bad", greets=not is_greeting)
        started = time.process_time()
        with contextlib.suppress(OSError):
            await node.stream.write(message)
            while True:
                await node.stream.read_bytes(1)
        await until(lambda: not here.scheduler._peers, "its connection is closed")
        assert time.process_time() - started < 5

    run(tmp_path, story)


def test_nothing_is_kept_of_nodes_that_have_left(tmp_path: Path) -> None:
    async def story(here: Scheduler) -> None:
        for number in range(1, 4):
            node = await here.joined("bad", f"tls://127.1.2.3:{number}")
            node.abort()
        await until(lambda: not here.scheduler.workers, "they have left")
        await here.scheduler.check_worker_ttl()
        kept = [*here.scheduler._broker._topics, *here.scheduler._heard, *here.scheduler.key_ids]
        assert not [each for each in kept if each.startswith("tls://")]
        assert len(here.scheduler.total_nthreads_history) == 1

    run(tmp_path, story)


class _Touch:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self._path,))
