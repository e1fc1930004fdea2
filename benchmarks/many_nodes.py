"""What the farm itself costs when many nodes render: a real farm, and nodes that only pretend to have a Blender.

.venv/bin/python benchmarks/many_nodes.py [NODES SLOTS FRAMES SECONDS [FRAMES OF THE WHOLE JOB]]

All nodes are in one process of this machine, and each is a real Dask worker that fetches its orders over TLS and brings
a small file to the farm over HTTPS; in place of rendering it waits. Of a job with more frames than are measured, the
rest is canceled.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Worker
from distributed.diagnostics.plugin import WorkerPlugin

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

from lying_node import security  # noqa: E402
from running_cluster import RunningCluster  # noqa: E402
from waiting import wait_until  # noqa: E402

from farmhand.farm.cluster.certificates import client_context  # noqa: E402
from farmhand.farm.node.farm_link import FarmLink  # noqa: E402
from farmhand.farm.node.orders import PLUGIN  # noqa: E402

SIZES = (
    (16, 1, 800, 1.0, 0),
    (200, 1, 1000, 10.0, 0),
    *((16, 2, 2000, 0.0, whole) for whole in (0, 10_000, 100_000)),
)
SIMULATED = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.http.routes": [],
    # A monitor counts what its whole process has open: of 200 in one process, each sees what all of them have.
    "distributed.admin.system-monitor.interval": "1h",
    "distributed.admin.system-monitor.disk": False,
    "distributed.comm.timeouts.connect": "60s",
}
PICTURE = random.Random(1).randbytes(20_000)


class Pretending(WorkerPlugin):
    name = PLUGIN

    def __init__(self, link: FarmLink, seconds: float) -> None:
        self._link = link
        self._seconds = seconds
        self._slot = asyncio.Semaphore(1)
        self._file = Path(tempfile.gettempdir(), "farmhand-many-nodes.png")

    async def carry_out(self, key: str, order: dict[str, Any]) -> None:
        link = self._link.attempt(order["port"], order["secret"])
        if order["kind"] == "analysis":
            scene = {"scene": "Scene", "scenes": ["Scene"], "camera": "Camera", "frameStart": 1, "frameEnd": 1}
            await link.tell("analyzed", {"analysis": {**scene, "frameStep": 1, "fileVersion": "5.0.1"}})
            return
        await asyncio.sleep(self._seconds)
        if order["tellsStart"]:
            await link.tell("started", {"finalConfig": order["config"]})
        file = {"bytes": len(PICTURE), "sha256": hashlib.sha256(PICTURE).hexdigest()}
        file["relativePath"] = f"frames/{order['frame']:04d}.png"
        await link.tell("rendered", {"files": [file], "seconds": self._seconds})
        await link.send_file(0, self._file, len(PICTURE))

    async def end_job(self, job_id: str) -> None:
        return None


class PretendingNodes:
    """A context manager: that many nodes, in a thread of their own."""

    def __init__(self, port: int, key: Path, nodes: int, slots: int, seconds: float) -> None:
        self._wanted = port, key, nodes, slots, seconds
        self._joined = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)

    def __enter__(self) -> PretendingNodes:
        self._thread.start()
        assert self._joined.wait(300)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(60)

    async def _serve(self) -> None:
        port, key, nodes, slots, seconds = self._wanted
        self._end = asyncio.Event()
        dask.config.set(SIMULATED)
        logging.getLogger("distributed").setLevel(logging.ERROR)
        link = FarmLink("127.0.0.1", client_context(key))
        Pretending(link, 0)._file.write_bytes(PICTURE)
        workers = []
        for number in range(nodes):
            facts = {"host": f"pretender-{number}", "system": "Linux", "slots": slots, "blender": "5.0.1"}
            worker = Worker(
                f"tls://127.0.0.1:{port}",
                security=security(key),
                nthreads=2 * slots + 4,
                host="127.0.0.1",
                contact_address=f"tls://127.1.{number // 250}.{number % 250 + 1}:9999",
                dashboard=False,
                memory_limit=0,
                local_directory=str(key.parent / "dask"),
                startup_information={"farmhand": lambda _, facts=facts: facts},
                plugins=(Pretending(link, seconds),),
            )
            workers.append(await worker)
        self._joined.set()
        await self._end.wait()
        await asyncio.gather(*(worker.close(timeout=5) for worker in workers), return_exceptions=True)
        await link.close()


def measure(root: Path, nodes: int, slots: int, frames: int, seconds: float, whole: int = 0) -> str:
    """One row of the table. whole: frames of the job, 0 for as many as are measured."""
    root.mkdir(parents=True)
    scene = root / "scene.blend"
    scene.write_bytes(b"BLENDER-v500" + b"x" * 1000)
    cluster = RunningCluster(root, ["/bin/false"])
    try:
        key = Path(cluster.invite("pretender")["file"])
        began = time.monotonic()
        with PretendingNodes(cluster.port, key, nodes, slots, seconds):
            joined = time.monotonic() - began
            farm = psutil.Process(cluster.farm.process.pid)
            cpu, began = sum(farm.cpu_times()[:2]), time.monotonic()
            job_id = cluster.farm.start_render(scene, frameRanges=[f"1-{whole or frames}"])
            if whole:  # the first frames are as quick as the last ones: what they cost depends on how many wait
                cpu, began = sum(farm.cpu_times()[:2]), time.monotonic()
            wait_until(lambda: _done(cluster, job_id) >= frames, "all frames are done", seconds=900)
            took, done = time.monotonic() - began, min(_done(cluster, job_id), whole or frames)
            cpu, held = sum(farm.cpu_times()[:2]) - cpu, farm.memory_info().rss / 2**20
            if whole:
                cluster.farm.ask(f"/jobs/{job_id}/cancel")
            else:
                assert cluster.farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
            frames = done
        ideal = frames * seconds / (nodes * slots)
        share = f"{ideal / took:.3f}" if seconds else "–"
        return (
            f"| {nodes} | {slots} | {frames:,} | {whole or frames:,} | {seconds:g} | {joined:.1f} | {took:.1f} "
            f"| {share} | {frames / took:.0f} | {1000 * cpu / frames:.1f} | {held:.0f} |"
        )
    finally:
        cluster.stop()


def _done(cluster: RunningCluster, job_id: str) -> int:
    """How many frames are; asked seldom, since the farm counts them for the answer."""
    time.sleep(0.5)
    return cluster.farm.frames_done(job_id) if cluster.farm.job(job_id)["status"] != "completed" else sys.maxsize


def main() -> int:
    given = [float(word) for word in sys.argv[1:]]
    sizes = [(*map(int, given[:3]), given[3], *map(int, given[4:]))] if given else SIZES
    print("| nodes | slots each | frames | of a job of | seconds each | all joined, s | took, s | efficiency "
          "| frames/s | CPU of the farm per frame, ms | its memory, MiB |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for number, size in enumerate(sizes):
            print(measure(Path(folder, str(number)), *size), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
