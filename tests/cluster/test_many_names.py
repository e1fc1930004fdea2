"""One key under many names: it can refuse its own work, and what it refuses is done by others."""

import contextlib
import math
from pathlib import Path

from lying_node import LyingNode, Order, result
from running_cluster import RunningCluster

from farmhand.farm.cluster.nodes import Node, NodeFacts, NodeTable
from farmhand.farm.render.backend import Needs

_SCENE = {"scene": "Scene", "scenes": ["Scene"], "camera": "Camera", "frameStart": 1, "frameEnd": 3, "frameStep": 1}
_PICTURE = b"picture"


async def refuse(order: Order) -> None:
    await order.tell("failed", {"name": "This cannot be read.", "type": "unreadable", "isFinal": True})


async def obey(order: Order) -> None:
    if order.order["kind"] == "analysis":
        await order.tell("analyzed", {"analysis": {**_SCENE, "fileVersion": "5.0.1"}})
        return
    await order.tell("rendered", result(f"frames/{order.order['frame']:04d}.png", _PICTURE))
    await order.put(0, _PICTURE)


def test_a_key_with_many_nodes_makes_no_job_fail_that_others_can_render(tmp_path: Path) -> None:
    cluster = RunningCluster(tmp_path, ["/bin/false"])
    scene = tmp_path / "scene.blend"
    scene.write_bytes(b"BLENDER-v500" + b"x" * 1000)
    bad, good = (Path(cluster.invite(name)["file"]) for name in ("bad", "good"))
    with contextlib.ExitStack() as nodes:
        nodes.callback(cluster.stop)
        for number in range(4):
            facts, address = {"host": f"bad{number}", "slots": 64}, f"tls://127.9.9.{number}:9999"
            nodes.enter_context(LyingNode(cluster.port, bad, refuse, facts, address))
        nodes.enter_context(LyingNode(cluster.port, good, obey, {"host": "good"}))
        job = cluster.farm.rendered(scene)
        assert job["status"] == "completed", job["failedReason"]
        assert len(cluster.farm.frames(job["id"])) == 3


def test_a_node_with_another_key_is_waited_for_only_while_it_has_disk_and_memory() -> None:
    table, needs = NodeTable(), Needs("job")
    one, two, other = (
        Node(f"tls://127.1.1.{number}:9", key, key, NodeFacts(host=f"h{number}", system="", slots=1, blender="5.0.1"))
        for number, key in enumerate(("many", "many", "single"))
    )
    for node in (one, two, other):
        table.add(node)
    assert table.failed(one, needs, 1)
    assert table.for_frame(needs, 1) is other
    other.rendering = 1
    assert table.for_frame(needs, 1) is None, "its turn comes"
    other.rendering, other.rests_until = 0, math.inf
    assert table.for_frame(needs, 1) is two
