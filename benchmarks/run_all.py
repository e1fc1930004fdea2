"""`make bench`: every benchmark in one go, in quick sizes, and the plots of how costs grow.

    .venv/bin/python benchmarks/run_all.py [NAME…] [--whole]

--whole: in their own sizes, and every table in README.md is renewed; without it only the growth tables and plots are.
Those that another machine needs (bad_frames: an hour) are not part of it. A benchmark whose tools are missing says so.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
QUICK: dict[str, tuple[str, ...]] = {
    "growth": ("--write",),
    "scan": ("--objects", "1000", "--animated", "400", "--rounds", "2"),
    "packing": ("--small", "200", "--large", "2", "--rounds", "1", "--scene", "50", "--copies", "2"),
    "wire": ("--files", "200", "--mib", "256", "--rounds", "1"),
    "click_to_frames": ("--rounds", "1"),
    "first_sight": ("--frames", "5"),
    "never_freezes": ("--uploads", "2", "--mib", "128", "--frames", "100", "--seconds", "5"),
    "many_nodes": ("20", "1", "100", "1"),
}
WHOLE = {name: ("--write",) if name != "many_nodes" else () for name in QUICK}


def main() -> int:
    """Run them one after the other; 1 when one misses its aim or fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[*QUICK])
    parser.add_argument("--whole", action="store_true", help="in their own sizes")
    options = parser.parse_args()
    results = []
    for name in options.names:
        words = (WHOLE if options.whole else QUICK)[name]
        print(f"=== {name} {' '.join(words)}", flush=True)
        started = time.monotonic()
        code = subprocess.run([sys.executable, HERE / f"{name}.py", *words], cwd=ROOT, check=False).returncode
        results.append((name, code, time.monotonic() - started))
    print("\n=== Summary")
    for name, code, seconds in results:
        print(f"{name:16} {seconds:5.0f} s  {'ok' if code == 0 else f'ended with {code}'}")
    return 1 if any(code for _, code, _ in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
