"""Nodes that really render, all on this machine: against one worker of a farm, from joining to the first frame, and
from a cancel to the end of the last Blender.

.venv/bin/python benchmarks/real_nodes.py [CANCELS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

from in_blender import run_in_blender  # noqa: E402
from running_cluster import RunningCluster  # noqa: E402
from running_farm import RunningFarm  # noqa: E402
from waiting import wait_until  # noqa: E402

from farmhand.farm.api.auth import FARM_API  # noqa: E402
from find_blender import find_blender  # noqa: E402

FRAMES = 60
CANCELS = 10


def made(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.blend"
    run_in_blender(find_blender(), ROOT / "tests" / "support" / "make_scene.py", kind, str(path))
    return path


def to_the_last_frame(farm: RunningFarm, scene: Path) -> float:
    """From the upload until the last frame is fetched, seconds."""
    began = time.monotonic()
    job_id = farm.start_render(scene, frameRanges=[f"1-{FRAMES}"])
    job = farm.wait_for(job_id, "completed", "failed", seconds=200)
    assert job["status"] == "completed", job["failedReason"]
    assert len(farm.frames(job_id)) == FRAMES
    return time.monotonic() - began


def row(what: str, seconds: float) -> None:
    print(f"| {what} | {seconds:.2f} |", flush=True)


def joining(cluster: RunningCluster, scene: Path) -> None:
    """A second node joins while the first one renders."""
    job_id = cluster.farm.start_render(scene)
    wait_until(lambda: cluster.farm.frames_done(job_id) >= 3, "the first node renders")
    started = time.monotonic()
    node = cluster.node(wait=False)
    wait_until(lambda: "Connected" in node.printed, "the node is connected")
    connected = time.monotonic()
    wait_until(lambda: _rendered_by(cluster, job_id, "node1"), "its first frame is there")
    done = time.monotonic()
    cluster.farm.ask(f"/jobs/{job_id}/cancel")
    row("`farmhand node` until it is connected, with its test picture", connected - started)
    row("connected until its first frame is at the farm", done - connected)


def _rendered_by(cluster: RunningCluster, job_id: str, name: str) -> bool:
    answer = cluster.farm.api.get(f"{cluster.farm.url}{FARM_API}/jobs/{job_id}/frames")
    frames: list[dict[str, Any]] = answer.raise_for_status().json()["frames"]
    return any(each["node"] == name for each in frames)


def canceling(cluster: RunningCluster, scene: Path, times: int) -> None:
    took = []
    for _ in range(times):
        job_id = cluster.farm.start_render(scene)
        wait_until(lambda: all(node.blenders() for node in cluster.nodes), "every node renders")
        began = time.monotonic()
        cluster.farm.ask(f"/jobs/{job_id}/cancel")
        wait_until(lambda: not cluster.blenders(), "every Blender is gone")
        took.append(time.monotonic() - began)
    row(
        f"cancel until the last Blender of {len(cluster.nodes)} nodes is gone, median of {times}",
        statistics.median(took),
    )
    row(f"the longest of these {times}", max(took))


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else CANCELS
    blender = find_blender()
    print("| what | seconds |\n|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene, slow = made("turning", folder), made("slow", folder)
        farm = RunningFarm(folder / "alone", blender)
        _measured(lambda: row(f"{FRAMES} frames, one local worker", to_the_last_frame(farm, scene)), farm.stop)
        cluster = RunningCluster(folder / "cluster", blender)
        _measured(lambda: _with_nodes(cluster, scene, slow, times), cluster.stop)
    return 0


def _with_nodes(cluster: RunningCluster, scene: Path, slow: Path, times: int) -> None:
    cluster.node()
    row(f"{FRAMES} frames, one node", to_the_last_frame(cluster.farm, scene))
    joining(cluster, scene)
    row(f"{FRAMES} frames, two nodes", to_the_last_frame(cluster.farm, scene))
    canceling(cluster, slow, times)


def _measured(measure: Callable[[], object], stop: Callable[[], object]) -> None:
    try:
        measure()
    finally:
        stop()


if __name__ == "__main__":
    raise SystemExit(main())
