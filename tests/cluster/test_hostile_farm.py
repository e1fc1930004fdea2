"""A farm in the hands of somebody else, as its nodes meet it: it may have frames rendered, and nothing more."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, Scheduler
from distributed.comm.core import CommClosedError
from distributed.security import Security
from running_cluster import RunningNode
from waiting import PATIENCE, wait_until

from farmhand.farm.cluster.certificates import Authority
from farmhand.farm.node import orders

Story = Callable[[Client, RunningNode, Scheduler], Awaitable[None]]
pytestmark = pytest.mark.filterwarnings("ignore")


@contextlib.asynccontextmanager
async def hostile(folder: Path, blender: Sequence[str]) -> AsyncIterator[tuple[Client, RunningNode, Scheduler]]:
    """Dask's own scheduler with a farm's certificate, and a node that has joined it."""
    authority = Authority(folder / "nodes")
    key = folder / "node.pem"
    key.write_text(authority.issue("node"))
    pem, own = str(authority.certificate), str(authority.own)
    files = {"tls_ca_file": pem, "tls_scheduler_cert": own, "tls_scheduler_key": own, "require_encryption": True}
    options = {"host": "127.0.0.1", "port": 0, "protocol": "tls", "dashboard_address": "127.0.0.1:0"}
    async with Scheduler(security=Security(**files), **options) as scheduler:
        await scheduler.listen("inproc://")
        inside = scheduler.listeners[-1].contact_address
        node = RunningNode(folder / "node", f"127.0.0.1:{scheduler.port}", key, blender)
        try:
            await asyncio.to_thread(node.wait_until_connected)
            async with Client(inside, asynchronous=True, set_as_default=False) as client:
                yield client, node, scheduler
        finally:
            node.end()


def run(folder: Path, blender: Sequence[str], story: Story) -> None:
    async def told() -> None:
        async with hostile(folder, blender) as (client, node, scheduler):
            await story(client, node, scheduler)

    asyncio.run(asyncio.wait_for(told(), PATIENCE))


def test_a_function_that_is_no_order_is_not_run(tmp_path: Path, blender_command: list[str]) -> None:
    mark = tmp_path / "owned"

    async def story(client: Client, node: RunningNode, _: Scheduler) -> None:
        with contextlib.suppress(CommClosedError):
            client.submit(os.mkdir, str(mark), pure=False)
        await asyncio.to_thread(wait_until, lambda: mark.exists() or node.printed.count("Connected") > 1, "it is over")

    run(tmp_path, blender_command, story)
    assert not mark.exists()


@pytest.mark.parametrize("change", [{"sha256": "../../victim"}, {"job": "../../victim"}, {"frame": "../../victim"}])
def test_an_order_does_not_lead_out_of_the_nodes_folder(
    tmp_path: Path, blender_command: list[str], change: dict[str, Any]
) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "letters.txt").write_text("Dear")
    package = {"sha256": "0" * 64, "bytes": 1, "kind": "blend", "name": "a.blend"}
    package |= {name: value for name, value in change.items() if name in package}
    order = {"kind": "frame", "job": "job", "port": 1, "secret": "s", "package": package, "frame": 1, "config": {}}
    order |= {"preview": False, "tellsStart": False, "seconds": 1.0}
    order |= {name: value for name, value in change.items() if name not in package}

    async def story(client: Client, node: RunningNode, scheduler: Scheduler) -> None:
        future = client.submit(orders.carry_out, "key", order, key="key")
        done = ("erred", "memory")
        await asyncio.to_thread(
            wait_until,
            lambda: "key" in scheduler.tasks and scheduler.tasks["key"].state in done,
            "the node has answered",
        )
        assert "validation error" in scheduler.tasks[future.key].exception_text
        assert node.process.poll() is None

    run(tmp_path, blender_command, story)
    assert (tmp_path / "victim" / "letters.txt").read_text() == "Dear"
    assert {each.name for each in tmp_path.iterdir()} == {"victim", "node", "nodes", "node.pem"}
