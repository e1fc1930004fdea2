"""A farm that renders while 200 clients ask again and again how far the job is.

    .venv/bin/python benchmarks/farm_polling.py [--clients 200] [--every 1.0] [--rounds 3] [--write]

The same job with and without the clients, taking turns. The clients are one small process on the same cores, so that
the render pays for them as well; the table says how much processor time was theirs.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import readme_table  # noqa: E402
from in_blender import run_in_blender  # noqa: E402
from running_farm import API, RunningFarm  # noqa: E402  the tools are no package: they are found by their folder

from find_blender import find_blender  # noqa: E402

FRAMES = 60
AIM_MS, AIM_SLOWER = 50.0, 0.03


@dataclass
class Asked:
    """What the clients saw. milliseconds: of each call. cpu, farm_cpu: seconds of processor time meanwhile."""

    milliseconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    farm_cpu: float = 0.0
    seconds: float = 0.0


def main() -> int:
    """Measure and print a table; 1 when an aim is missed."""
    arguments = _arguments()
    if arguments.poll:
        asyncio.run(_poll(*arguments.poll))
        return 0
    blender = find_blender()
    alone, polled, asked = [], [], Asked()
    with tempfile.TemporaryDirectory(prefix="farmhand-polling-") as folder:
        scene = Path(folder) / "small.blend"
        run_in_blender(blender, HERE / "in_blender" / "small_scene.py", str(scene), str(FRAMES))
        farm = RunningFarm(Path(folder) / "farm", blender, "--prewarm")
        try:
            _render(farm, scene, 0, 1.0, Asked())
            for number in range(arguments.rounds):
                for clients in (0, arguments.clients)[:: 1 if number % 2 else -1]:
                    seconds = _render(farm, scene, clients, arguments.every, asked)
                    (polled if clients else alone).append(seconds)
                    print(f"  {clients:3} clients {seconds:6.2f} s", flush=True)
        finally:
            farm.stop()
    slower = statistics.median(each / before for each, before in zip(polled, alone, strict=True)) - 1
    table = _table(arguments, asked, alone, polled, slower)
    print(f"{table}\n\nAims: p99 at most {AIM_MS:g} ms, the render at most {AIM_SLOWER:.0%} slower.")
    if arguments.write:
        readme_table.write("polling", table)
    return 0 if _share(asked.milliseconds, 0.99) <= AIM_MS and slower <= AIM_SLOWER else 1


def _render(farm: RunningFarm, scene: Path, clients: int, every: float, asked: Asked) -> float:
    """Seconds from the start of the render to its last frame."""
    job = farm.validated(scene)
    process = psutil.Process(farm.process.pid)
    before, began = sum(process.cpu_times()[:2]), time.perf_counter()
    farm.ask(f"/jobs/{job['id']}/render", requestedRenderConfig={"colorManagementPreset": "default"})
    words = [sys.executable, __file__, "--poll", farm.url, farm.token, job["id"], str(clients), str(every)]
    polling = subprocess.Popen(words, stdout=subprocess.PIPE, text=True) if clients else None
    while farm.job(job["id"])["status"] not in ("completed", "failed"):
        time.sleep(0.1)
    seconds = time.perf_counter() - began
    if polling:
        told = json.loads(polling.communicate(timeout=30)[0])
        asked.milliseconds += told["milliseconds"]
        asked.cpu += told["cpu"]
        asked.farm_cpu += sum(process.cpu_times()[:2]) - before
        asked.seconds += seconds
    return seconds


async def _poll(url: str, token: str, job_id: str, clients: str, every: str) -> None:
    """The clients: each keeps its connection and asks at its own moments, until the job is over."""
    milliseconds: list[float] = []
    over = asyncio.Event()
    place = urlsplit(url)
    head = f"HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n\r\n"
    requests = [f"GET {API}/jobs/{job_id}{what} {head}".encode() for what in ("", "/progress")]

    async def client() -> None:
        await asyncio.sleep(random.uniform(0, float(every)))
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        turn = 0
        while not over.is_set():
            began = time.perf_counter()
            writer.write(requests[turn % 2])
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length:")[2].split()[0])
            body = await reader.readexactly(length)
            took = time.perf_counter() - began
            milliseconds.append(took * 1000)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            if not turn % 2 and json.loads(body)["data"]["status"] in ("completed", "failed"):
                over.set()
            turn += 1
            await asyncio.sleep(max(0.0, float(every) - took))
        writer.close()

    await asyncio.gather(*(client() for _ in range(int(clients))))
    print(json.dumps({"milliseconds": milliseconds, "cpu": time.process_time()}))


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _table(arguments: argparse.Namespace, asked: Asked, alone: list[float], polled: list[float], slower: float) -> str:
    times, cores = asked.milliseconds, os.cpu_count() or 1
    return "\n".join(
        [
            (
                f"{FRAMES} frames, {arguments.clients} clients that ask every {arguments.every:g} s, medians of "
                f"{arguments.rounds} rounds on {cores} cores ({time.strftime('%Y-%m-%d')})."
            ),
            "",
            (
                "| calls | p50, ms | p99, ms | worst, ms | render alone, s | with the clients, s | slower "
                "| processor time per call, ms: farm, client |"
            ),
            "|---|---|---|---|---|---|---|---|",
            (
                f"| {len(times):,} | {statistics.median(times):.1f} | {_share(times, 0.99):.1f} | {max(times):.1f} "
                f"| {statistics.median(alone):.1f} | {statistics.median(polled):.1f} | {slower:.1%} "
                f"| {1000 * asked.farm_cpu / len(times):.2f}, {1000 * asked.cpu / len(times):.2f} |"
            ),
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time a render and the calls of many clients beside it.")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two calls of a client")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--poll", nargs=5, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
