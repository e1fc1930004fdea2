"""How long the list of jobs takes when a farm's store has 100,000 of them.

    .venv/bin/python benchmarks/farm_list.py [--jobs 100000] [--calls 400] [--write]

A real farm on a socket; the jobs are put into its database beforehand, in two workspaces, each with an analysis of
some 1.5 kB, and with frames for the newest of them. Calls go over one kept connection, one after the other, as a client
makes them. Answers are made once for all that ask, until something changes; no call here gets such an answer, but for
those that are called kept.
"""

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import readme_table  # noqa: E402
from painting_farm import PaintingFarm  # noqa: E402  the tools are no package: they are found by their folder

from farmhand.farm.api.auth import FARM_API  # noqa: E402
from farmhand.farm.state.store import Store  # noqa: E402
from farmhand.farm.state.workspaces import Workspaces  # noqa: E402

AIM_MS = 30.0
WITH_FRAMES = 1000
FRAMES = 100
_ANALYSIS = {
    "blenderVersion": "5.0.1",
    "scenes": [f"Scene.{number:03}" for number in range(8)],
    "scene": "Scene",
    "cameras": [f"Camera.{number:03}" for number in range(12)],
    "viewLayers": [{"name": f"Layer.{number:03}", "use": True} for number in range(8)],
    "engine": "CYCLES",
    "frameStart": 1,
    "frameEnd": FRAMES,
    "resolution": [1920, 1080],
    "missingFiles": [{"path": f"//textures/wood_{number:03}.png", "kind": "image"} for number in range(12)],
}


def main() -> int:
    """Measure and print a table; 1 when the aim is missed."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="farmhand-list-") as folder:
        farm = PaintingFarm(Path(folder) / "farm")
        farm.stop()
        _fill(farm.data / "farm.sqlite3", arguments.jobs)
        farm.start()
        try:
            times = {name: _ask(farm, path, arguments.calls) for name, path in _calls(arguments.jobs).items()}
        finally:
            farm.stop()
    table = _table(times, arguments)
    print(f"{table}\n\nAim: p99 at most {AIM_MS:g} ms.")
    if arguments.write:
        readme_table.write("list", table)
    return 0 if max(_share(each, 0.99) for each in times.values()) <= AIM_MS else 1


def _fill(path: Path, count: int) -> None:
    """Finished jobs of one workspace, and a few that wait."""
    store = Store(path)
    now, workspace = time.time(), store.workspace_id
    config = json.dumps({"colorManagementPreset": "default", "frameRanges": [f"1-{FRAMES}"]})
    analysis = json.dumps(_ANALYSIS)
    other = Workspaces(store.database).find_or_create("other").id
    with store.database.write():
        for number in range(count):
            slug, job_id = f"slug{number}", str(uuid.UUID(int=number + 1))
            status = _status(number, count)
            owner = other if number % 5 == 3 else workspace
            store.database.execute(
                "INSERT INTO uploads (slug, file_name, file_type, expires, bytes, workspace_id) VALUES (?,?,?,?,?,?)",
                (slug, f"shot_{number:06}.blend", "blend", now, 1000, owner),
            )
            store.database.execute(
                "INSERT INTO jobs "
                "(id, status, slug, workspace_id, created, updated, requested, config, analysis, video) "
                "VALUES (?,?,?,?,?,?,?,?,?,'{}')",
                (job_id, status, slug, owner, now - count + number, now, config, config, analysis),
            )
            if number >= count - WITH_FRAMES:
                _add_frames(store, job_id)
    store.close()


def _add_frames(store: Store, job_id: str) -> None:
    for frame in range(1, FRAMES + 1):
        store.database.execute(
            "INSERT INTO frames (job_id, frame, state, seconds) VALUES (?,?,'completed',1.0)", (job_id, frame)
        )


def _status(number: int, count: int) -> str:
    if number >= count - 20:
        return "created"
    return "failed" if number % 7 == 0 else "completed"


def _calls(count: int) -> dict[str, str]:
    """What is asked, by what it is. {}: what makes a call differ from all others."""
    last = math.ceil(count * 4 // 5 / 200)
    return {
        "first page of 50": "/jobs?pageSize=50&call={}",
        "first page of 200": "/jobs?pageSize=200&call={}",
        "first page of 200, kept": "/jobs?pageSize=200",
        "a page of 200 in the middle": f"/jobs?pageSize=200&page={last // 2}&call={{}}",
        "last page of 200": f"/jobs?pageSize=200&page={last}&call={{}}",
        "first page of the failed ones": "/jobs?pageSize=200&status=failed&call={}",
        "a late page of the failed ones": f"/jobs?pageSize=200&status=failed&page={last // 8}&call={{}}",
        "one job": f"/jobs/{uuid.UUID(int=count)}?call={{}}",
        "progress of all that run": "/jobs/progress?call={}",
        "the queue": f"{FARM_API}/jobs?call={{}}",
    }


def _ask(farm: PaintingFarm, path: str, calls: int) -> list[float]:
    """Milliseconds of each call."""
    times = []
    for number in range(calls + 5):
        asked = path.format(number)
        began = time.perf_counter()
        answer = farm.api.get(farm.url + asked if asked.startswith(FARM_API) else asked)
        took = (time.perf_counter() - began) * 1000
        answer.raise_for_status()
        if number >= 5:
            times.append(took)
    return times


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _table(times: dict[str, list[float]], arguments: argparse.Namespace) -> str:
    lines = [
        (
            f"{arguments.jobs:,} jobs in the store, {arguments.calls} calls of each kind, {os.cpu_count()} cores "
            f"({time.strftime('%Y-%m-%d')}). Milliseconds."
        ),
        "",
        "| call | p50 | p99 | worst |",
        "|---|---|---|---|",
    ]
    for name, each in times.items():
        lines.append(f"| {name} | {statistics.median(each):.1f} | {_share(each, 0.99):.1f} | {max(each):.1f} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the list of jobs of a farm that has very many.")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
