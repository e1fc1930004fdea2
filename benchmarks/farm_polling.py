"""A farm that renders while 200 clients ask again and again how far the job is.

    .venv/bin/python benchmarks/farm_polling.py [--clients 200] [--rounds 3] [--write]

Needs h2load, which is the clients: `apt-get install nghttp2-client`. The same job with and without them, taking turns.
They run on the same cores, so that the render pays for them as well; the table says how much processor time was theirs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import readme_table  # noqa: E402
from in_blender import run_in_blender  # noqa: E402
from running_farm import API, RunningFarm  # noqa: E402  the tools are no package: they are found by their folder

from find_blender import find_blender  # noqa: E402

FRAMES = 60
_MOST_CALLS = 3600
AIM_MS, AIM_SLOWER = 50.0, 0.03


@dataclass
class Asked:
    """What the clients saw. milliseconds: of each call. cpu: seconds of processor time of the clients; more_cpu: how
    many more the farm used with them than alone."""

    milliseconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    more_cpu: float = 0.0


def main() -> int:
    """Measure and print a table; 1 when an aim is missed."""
    arguments = _arguments()
    blender = find_blender()
    alone, polled, asked = [], [], Asked()
    with tempfile.TemporaryDirectory(prefix="farmhand-polling-") as folder:
        scene = Path(folder) / "small.blend"
        run_in_blender(blender, HERE / "in_blender" / "small_scene.py", str(scene), str(FRAMES))
        farm = RunningFarm(Path(folder) / "farm", blender, "--prewarm")
        try:
            _render(farm, scene, 0, Asked())
            for number in range(arguments.rounds):
                for clients in (0, arguments.clients)[:: 1 if number % 2 else -1]:
                    seconds = _render(farm, scene, clients, asked)
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


def _render(farm: RunningFarm, scene: Path, clients: int, asked: Asked) -> float:
    """Seconds from the start of the render to its last frame."""
    job = farm.validated(scene)
    process = psutil.Process(farm.process.pid)
    log = scene.with_name("calls.log")
    before, began = sum(process.cpu_times()[:2]), time.perf_counter()
    farm.ask(f"/jobs/{job['id']}/render", requestedRenderConfig={"colorManagementPreset": "default"})
    polling = _start_clients(farm, job["id"], clients, log) if clients else None
    while farm.job(job["id"])["status"] not in ("completed", "failed"):
        time.sleep(0.1)
    seconds, farm_cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - before
    asked.more_cpu += farm_cpu if polling else -farm_cpu
    if polling:
        asked.cpu += sum(psutil.Process(polling.pid).cpu_times()[:2])
        polling.kill()
        polling.wait()
        asked.milliseconds += _milliseconds(log)
    return seconds


def _start_clients(farm: RunningFarm, job_id: str, clients: int, log: Path) -> subprocess.Popen[bytes]:
    """Each keeps its connection and calls once a second, by turns for the job and for its progress, until it is killed.

    They connect one after the other within the first second.
    """
    log.unlink(missing_ok=True)
    words = ["h2load", "--h1", "--log-file", str(log), "-H", f"Authorization: Bearer {farm.token}"]
    words += ["-c", str(clients), "-n", str(clients * _MOST_CALLS), "-r", str(clients // 20), "--rate-period", "50ms"]
    words += ["--rps", "1", *(f"{farm.url}{API}/jobs/{job_id}{what}" for what in ("", "/progress"))]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def _milliseconds(log: Path) -> list[float]:
    """Of each call, from h2load's log: when it began, the status of its answer, and microseconds."""
    calls = [line.split("\t") for line in log.read_text(encoding="ascii").splitlines()]
    wrong = [call for call in calls if call[1] != "200"]
    if wrong or not calls:
        raise SystemExit(f"{len(wrong)} of {len(calls)} calls were not answered with 200: {wrong[:3]}")
    return [int(call[2]) / 1000 for call in calls]


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _table(arguments: argparse.Namespace, asked: Asked, alone: list[float], polled: list[float], slower: float) -> str:
    times, cores = asked.milliseconds, os.cpu_count() or 1
    return "\n".join(
        [
            (
                f"{FRAMES} frames, {arguments.clients} clients that ask every second, medians of "
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
                f"| {1000 * asked.more_cpu / len(times):.2f}, {1000 * asked.cpu / len(times):.2f} |"
            ),
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time a render and the calls of many clients beside it.")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
