"""What confinement costs: the same job on a farm that confines its Blenders and on one that does not.

    .venv/bin/python benchmarks/confinement_cost.py [--rounds 3] [--write]

Both farms render the same file in turns; each keeps its Blender between the jobs, as farms do. The first frame counts
apart: before it, a Blender has started.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import readme_table  # noqa: E402
from in_blender import run_in_blender  # noqa: E402
from running_farm import RunningFarm  # noqa: E402  the tools are no package: they are found by their folder

from find_blender import find_blender  # noqa: E402

FRAMES = 30
WAYS = {"off": "nothing confined", "auto": "confined"}


def main() -> int:
    """Measure and print a table."""
    arguments = _arguments()
    blender = find_blender()
    times: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="farmhand-confinement-") as folder:
        scene = Path(folder) / "small.blend"
        run_in_blender(blender, HERE / "in_blender" / "small_scene.py", str(scene), str(FRAMES))
        farms = {way: RunningFarm(Path(folder) / way, blender, "--confine", way) for way in WAYS}
        try:
            how = _how(farms["auto"])
            for number in range(arguments.rounds):
                for way in list(WAYS)[:: 1 if number % 2 else -1]:
                    times[way].append(_render(farms[way], scene))
                    print(
                        f"  {way:4} first {times[way][-1][0]:.2f} s, each {1000 * times[way][-1][1]:.1f} ms, "
                        f"processor {1000 * times[way][-1][2]:.0f} ms",
                        flush=True,
                    )
        finally:
            for farm in farms.values():
                farm.stop()
    table = _table(times, how, arguments.rounds)
    print(table)
    if arguments.write:
        readme_table.write("confinement", table)
    return 0


def _how(farm: RunningFarm) -> str:
    """What the farm says of its confinement."""
    farm.wait_until_confinement_is_known()
    log = (farm.data / "logs" / "farm.log").read_text(encoding="utf-8")
    return next(line for line in log.splitlines() if "Render Blenders are" in line).partition("Render Blenders are ")[2]


def _render(farm: RunningFarm, scene: Path) -> tuple[float, float, float]:
    """Seconds from the upload to the first frame, for each of the others, and of processor time for each of these."""
    began = time.perf_counter()
    job_id = farm.start_render(scene)
    while not (done := farm.frames_done(job_id)):
        time.sleep(0.01)
    first, cpu = time.perf_counter(), _processor_seconds(farm)
    last, last_cpu = done, cpu
    while farm.job(job_id)["status"] != "completed":
        now_cpu, now = _processor_seconds(farm), farm.frames_done(job_id)
        if now > last and now_cpu > last_cpu:
            last, last_cpu = now, now_cpu
        time.sleep(0.02)
    return first - began, (time.perf_counter() - first) / (FRAMES - done), (last_cpu - cpu) / max(1, last - done)


def _processor_seconds(farm: RunningFarm) -> float:
    """Of the farm's Blenders so far, and of what is around them."""
    total = 0.0
    for each in psutil.Process(farm.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:2])
    return total


def _table(times: dict[str, list[tuple[float, float, float]]], how: str, rounds: int) -> str:
    each = {way: statistics.median(frame for _, frame, _ in seen) for way, seen in times.items()}
    first = {way: statistics.median(seconds for seconds, _, _ in seen) for way, seen in times.items()}
    cpu = {way: statistics.median(seconds for _, _, seconds in seen) for way, seen in times.items()}
    pairs = zip(times["auto"], times["off"], strict=True)
    more = statistics.median(confined[1] - free[1] for confined, free in pairs)
    return "\n".join(
        [
            (
                f"{FRAMES} frames, {os.cpu_count()} cores, medians of {rounds} rounds ({time.strftime('%Y-%m-%d')}). "
                f"Confined: {how.strip()} The cost of confinement per frame: {1000 * more:+.1f} ms, "
                f"{more / each['off']:+.1%}."
            ),
            "",
            "| | upload to the first frame, s | each other frame, ms | its processor time, ms |",
            "|---|---|---|---|",
            *(
                f"| {name} | {first[way]:.2f} | {1000 * each[way]:.1f} | {1000 * cpu[way]:.0f} |"
                for way, name in WAYS.items()
            ),
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time renders with and without confinement.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
