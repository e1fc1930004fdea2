"""From a click to the last frame on disk with a farm of two nodes on this machine, against `blender -a`.

    .venv/bin/python benchmarks/click_to_nodes.py [--frames 60] [--rounds 1]

As click_to_frames.py, with a farm that was started with `--backend dask` in place of This Computer. Farm and nodes are
there before the click, as in a studio; each round presses twice.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "support"), str(HERE.parent / "tools")]

from click_to_frames import Bench, Kind  # noqa: E402
from running_cluster import RunningCluster  # noqa: E402
from running_farm import API  # noqa: E402

from find_blender import find_blender  # noqa: E402

NODES = 2
WAYS = {
    "blender": "`blender -b scene.blend -a`",
    "cold": "two nodes, first press: their Blenders start",
    "again": "two nodes, pressed again",
}


def main() -> int:
    """Measure, check that all ways rendered the same pixels, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    blender = find_blender()
    with tempfile.TemporaryDirectory(prefix="farmhand-benchmark-") as folder:
        bench = Bench(Path(folder), blender, Kind(arguments.frames, 24, 0, ""))
        cluster = RunningCluster(Path(folder, "cluster"), blender)
        try:
            for _ in range(NODES):
                cluster.node()
            bench.server = {"server": f"{cluster.farm.url}{API}", "key": cluster.farm.token}
            for number in range(arguments.rounds):
                bench.round(number)
        finally:
            cluster.stop()
        result = bench.result()
    print(f"\n{time.strftime('%Y-%m-%d')}, {result['frames']} frames, pixels the same: {result['same_pixels']}\n")
    print("| way | seconds | against `-a` | first frame after, s |\n|---|---|---|---|")
    for way, name in WAYS.items():
        first = f"{result['first'][way]:.1f}" if way in result["first"] else "–"
        print(f"| {name} | {result['median'][way]:.1f} | {result['ratio'][way]:.2f} | {first} |")
    return 0 if result["same_pixels"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
