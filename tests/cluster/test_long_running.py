"""A farm with nodes that runs for months: it keeps nothing of jobs that are over, and no odd moment ends its work."""

import asyncio
import io
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import Worker
from distributed import scheduler as dask_scheduler
from waiting import PATIENCE, wait_until

from farmhand.farm.cluster import dask_backend
from farmhand.farm.cluster.attempts.attempts import Attempt, FrameResult
from farmhand.farm.cluster.blend_version import of_package
from farmhand.farm.cluster.certificates import Authority
from farmhand.farm.cluster.dask import guarded_scheduler as guard
from farmhand.farm.cluster.dask import head as head_module
from farmhand.farm.cluster.dask.dask_nodes import DaskNodes
from farmhand.farm.cluster.dask.guarded_scheduler import GuardedScheduler
from farmhand.farm.cluster.dask.head import Head
from farmhand.farm.cluster.dask_backend import DaskBackend
from farmhand.farm.cluster.nodes import Node, NodeFacts
from farmhand.farm.errors import CannotStart
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.objects import CannotReach
from farmhand.farm.render.backend import AttemptLost, FrameTask, Needs, Package, Rendered, WorkFailed
from farmhand.farm.settings import FarmSettings

FACTS = NodeFacts(host="here", system="Linux", slots=1, blender="5.0.1")


class QuietHead:
    """Has one node, which answers every order at once."""

    files_port, problem = 1, ""

    def __init__(self, drop_revoked: Callable[[], None] = lambda: None) -> None:
        self.drop_revoked = drop_revoked

    async def start(self, *_: Any) -> None:
        pass

    async def stop(self) -> None:
        pass

    def is_running(self, address: str) -> bool:
        return False

    def silent_seconds(self, address: str) -> float:
        return 0.0

    def name_of(self, key_id: str) -> str:
        return "node"

    def tell(self, *_: Any) -> None:
        pass

    async def drop(self, future: Any, *, is_done: bool) -> None:
        pass

    def submit(self, address: str, order: Any, *_: Any, key: str) -> Any:
        attempt = self.backend.attempts.with_key(key)
        assert attempt is not None
        attempt.outcome.set_result({})
        return key

    backend: DaskBackend


def backend_of(head: QuietHead, folder: Path, **changes: Any) -> DaskBackend:
    settings = FarmSettings(folder, ("blender",), backend="dask", **changes)
    head.backend = DaskBackend(settings, FolderObjects(folder / "objects"), folder / "w", head, set())  # type: ignore[arg-type]
    return head.backend


def test_a_state_that_cannot_be_read_for_a_moment_does_not_end_the_look_after_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_backend, "_LOOK_SECONDS", 0.01)
    looks = []

    def look() -> None:
        looks.append(1)
        raise sqlite3.OperationalError("disk I/O error")

    async def run() -> None:
        backend = backend_of(QuietHead(look), tmp_path)
        await backend.start(lambda: None)
        await asyncio.to_thread(wait_until, lambda: len(looks) > 2, "it looks again")
        await backend.stop()

    asyncio.run(run())


def test_nothing_of_a_job_is_kept_when_it_is_over(tmp_path: Path) -> None:
    (tmp_path / "objects/uploads").mkdir(parents=True)
    (tmp_path / "objects/uploads/a.blend").write_bytes(b"BLENDER-v500")

    async def run() -> int:
        backend = backend_of(QuietHead(), tmp_path)
        backend.joined("tls://127.0.0.1:1", "key", {"farmhand": FACTS.model_dump()})
        await backend.analyze("job", Package("uploads/a.blend", "blend", "a.blend"), lambda _: None)
        await backend.release("job")
        return len(backend._dispatcher._digests)

    assert asyncio.run(run()) == 0


def test_a_node_that_sends_something_but_never_the_whole_frame_is_not_waited_for_forever(tmp_path: Path) -> None:
    async def run() -> BaseException | None:
        seconds = 0.05
        backend = backend_of(QuietHead(), tmp_path, upload_seconds=seconds)
        node, outcome = Node("", "key", "stalling", FACTS), asyncio.get_running_loop().create_future()
        attempt = Attempt("job", 1, node, lambda: "", tmp_path, outcome, lambda _: None, lambda: None)
        file = {"relativePath": "frames/0001.png", "bytes": 1, "sha256": "0" * 64}
        attempt.tell_result(FrameResult.model_validate({"files": [file], "seconds": 1}))
        waiting = asyncio.create_task(backend._dispatcher._fail_when_overdue(attempt, 0.0))
        for _ in range(1000):
            attempt.hear()
            await asyncio.sleep(seconds / 10)
            if waiting.done():
                return attempt.outcome.exception()
        waiting.cancel()
        return None

    assert "did not send what it has rendered" in str(asyncio.run(run()))


async def frames_that_wait(backend: DaskBackend) -> list[asyncio.Task[Rendered]]:
    """Hand out frames that have failed with the key `many`, as the queue does. The only other key's node is busy."""
    facts = FACTS.model_copy(update={"slots": 64})
    for number, key in enumerate(("many", "many", "single")):
        address = f"tls://127.0.0.1:{number}"
        backend.joined(address, key, {"farmhand": {**facts.model_dump(), "host": f"h{number}"}})
    failing, _, other = backend.nodes
    other.rendering = other.facts.slots
    package, needs = Package("uploads/a.blend", "blend", "a.blend"), Needs("job")
    waiting: list[asyncio.Task[Rendered]] = []
    for frame in range(100):
        backend.nodes.failed(failing, needs, frame)
        if backend.has_room(needs):
            task = FrameTask("job", frame, package, {}, needs)
            waiting.append(asyncio.create_task(backend.render(task, lambda _: None)))
            await asyncio.sleep(0)
    return waiting


def test_few_frames_wait_for_the_one_node_that_may_take_them(tmp_path: Path) -> None:
    """Each of 500 that look at 500 nodes again and again would stop everything else."""

    async def run() -> int:
        return len(await frames_that_wait(backend_of(QuietHead(), tmp_path)))

    assert 0 < asyncio.run(run()) <= 16


def test_frames_wait_no_longer_for_a_node_that_turns_out_to_lack_disk_or_memory(tmp_path: Path) -> None:
    async def run() -> None:
        backend = backend_of(QuietHead(), tmp_path)
        waiting = await frames_that_wait(backend)
        backend._rest(list(backend.nodes)[2], WorkFailed("The disk is full.", "disk_full", is_shortage=True))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not backend._waiting
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(run())


def test_a_node_that_is_lost_at_every_analysis_does_not_get_it_forever(tmp_path: Path) -> None:
    (tmp_path / "objects/uploads").mkdir(parents=True)
    (tmp_path / "objects/uploads/a.blend").write_bytes(b"BLENDER-v500")
    asked: list[str] = []

    class LosingHead(QuietHead):
        def submit(self, address: str, order: Any, *arguments: Any, key: str) -> Any:
            asked.append(address)
            attempt = self.backend.attempts.with_key(key)
            if attempt is None or address.endswith(":2"):
                return super().submit(address, order, *arguments, key=key)
            attempt.outcome.set_exception(AttemptLost("it is gone"))
            return key

    async def run() -> None:
        backend = backend_of(LosingHead(), tmp_path)
        for number, key in ((1, "leaving"), (2, "staying")):
            backend.joined(f"tls://127.0.0.1:{number}", key, {"farmhand": FACTS.model_dump()})
        analyzing = backend.analyze("job", Package("uploads/a.blend", "blend", "a.blend"), lambda _: None)
        await asyncio.wait_for(analyzing, PATIENCE)

    asyncio.run(run())
    assert asked == ["tls://127.0.0.1:1", "tls://127.0.0.1:2"]


def test_an_order_for_a_node_that_is_leaving_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask keeps it for a node that never takes it."""
    monkeypatch.setattr(head_module, "_ANSWER_SECONDS", 0.01)
    released = []

    def submit(*_: Any, key: str, **__: Any) -> Any:
        return SimpleNamespace(key=key, release=lambda: released.append(key))

    def end_job(job_id: str) -> None:
        pass

    async def run() -> None:
        head = Head(FarmSettings(tmp_path, ("blender",)), lambda _: "node", lambda _: "key", lambda _: True)
        head._client = SimpleNamespace(submit=submit)  # type: ignore[assignment]
        head.tell("tls://127.0.0.1:1", end_job, "job")
        await asyncio.to_thread(wait_until, lambda: bool(released), "it is forgotten")

    asyncio.run(run())


def test_a_clock_that_is_set_drops_no_node_and_keeps_none_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    of_day, steady = dask_scheduler.time, time.monotonic

    async def run() -> list[bool]:
        there = []
        options = {"protocol": "inproc", "dashboard": False, "dashboard_address": "127.0.0.1:0", "worker_ttl": 1000.0}
        async with (
            GuardedScheduler(lambda _: True, 100, **options) as scheduler,
            Worker(scheduler.address, nthreads=1) as worker,
        ):
            worker.periodic_callbacks["heartbeat"].stop()
            for day, clock in ((3600.0, 0.0), (-3600.0, 0.0), (-3600.0, 2000.0)):
                monkeypatch.setattr(dask_scheduler, "time", lambda day=day: of_day() + day)
                monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda clock=clock: steady() + clock))
                await scheduler.check_worker_ttl()
                there.append(worker.address in scheduler.workers)
        return there

    assert asyncio.run(run()) == [True, True, False]


def test_a_bucket_that_is_away_does_not_pass_for_a_file_of_no_version() -> None:
    class Away(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise CannotReach(113, "the bucket does not answer")

    with pytest.raises(CannotReach):
        of_package(Away(), "blend")


def test_what_a_cluster_prints_besides_does_not_end_its_watch(tmp_path: Path) -> None:
    words = (
        sys.executable,
        "-c",
        """
import sys
sys.stdin.readline()
sys.stdout.buffer.write(b"3\\n[]\\n\\xff\\n")
print('{"refused": "the last line was read"}', flush=True)
""",
    )
    scheduler = {"scheduler": "tcp://127.0.0.1:8786", "on_dask": words}
    (tmp_path / "logs").mkdir()

    async def start() -> None:
        authority = Authority(tmp_path / "nodes")
        settings = FarmSettings(tmp_path, ("blender",), **scheduler)  # type: ignore[arg-type]
        nodes = DaskNodes(settings, authority, lambda _: "key", lambda _: True)
        try:
            await asyncio.wait_for(nodes.start(1), PATIENCE)
        finally:
            await nodes.stop()

    with pytest.raises(CannotStart, match="the last line was read"):
        asyncio.run(start())


@pytest.mark.parametrize("scheduler", ["tls://a..b:8786"])
def test_a_name_that_no_computer_can_have_is_told_in_a_sentence(tmp_path: Path, scheduler: str) -> None:
    settings = FarmSettings(tmp_path, ("blender",), scheduler=scheduler, node_host="0.0.0.0")
    nodes = DaskNodes(settings, Authority(tmp_path / "nodes"), lambda _: "key", lambda _: True)
    with pytest.raises(CannotStart, match="cannot be reached"):
        asyncio.run(nodes.start(1))
