"""How long the scan and the whole check hold Blender's main thread, in a scene with thousands of animated objects.

    .venv/bin/python benchmarks/scan.py [--objects 5000] [--animated 2000] [--rounds 7] [--against COMMIT] [--write]

The scene has objects with modifiers, materials that share images and sequences, keyframes on places and on the
visibility in renders, and drivers. --against times the same in another version of Farmhand, taking turns, in processes
of their own; the aim is then at most 1.10 of its time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tools"))

from cache import bpy_python  # noqa: E402

MOST = 1.10


def main() -> int:
    """Print a table; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=5000)
    parser.add_argument("--animated", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--version", default="5.0.1", help="of Blender")
    parser.add_argument("--against", default="", metavar="COMMIT")
    parser.add_argument("--write", action="store_true", help="into README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scan-") as name:
        folder = Path(name)
        ways = {"this version": ROOT}
        if options.against:
            ways[options.against] = _checked_out(options.against, folder / "other")
        blend = folder / "scene.blend"
        _python(options.version, "make", str(blend), str(options.objects), str(options.animated))
        found = {way: {"scan": [], "check": []} for way in ways}
        for _ in range(options.rounds):
            for way, root in ways.items():
                times = json.loads(_python(options.version, "time", str(blend), str(root)).splitlines()[-1])
                for part, seconds in times.items():
                    found[way][part].append(seconds)
    table, is_met = _table(found, options)
    print(table)
    if options.write:
        _write(table)
    return 0 if is_met else 1


def _checked_out(commit: str, folder: Path) -> Path:
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def _python(version: str, *arguments: str) -> str:
    command = [str(bpy_python(version)), str(HERE / "in_blender" / "scan.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _table(found: dict[str, dict[str, list[float]]], options: argparse.Namespace) -> tuple[str, bool]:
    what = f"{options.objects:,} objects, {options.animated:,} of them animated, Blender {options.version}"
    lines = [
        f"{what}, {os.cpu_count()} cores, the least of {options.rounds} rounds.",
        "",
        "| version | scan, s of CPU | the whole check, s of CPU |",
        "|---|---|---|",
    ]
    lines += [f"| {way} | {min(one['scan']):.3f} | {min(one['check']):.3f} |" for way, one in found.items()]
    is_met = True
    if options.against:
        here, there = found["this version"], found[options.against]
        ratios = {part: min(here[part]) / min(there[part]) for part in here}
        middle = {part: statistics.median(here[part]) / statistics.median(there[part]) for part in here}
        lines.append(f"| ratio, of medians | {middle['scan']:.2f} | {middle['check']:.2f} |")
        lines.append(f"| ratio | {ratios['scan']:.2f} | {ratios['check']:.2f} |")
        is_met = max(ratios.values()) <= MOST
    return "\n".join(lines), is_met


def _write(table: str) -> None:
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, after = text.split("<!-- scan -->\n")[0], text.split("<!-- /scan -->")[1]
    readme.write_text(f"{before}<!-- scan -->\n{table}\n<!-- /scan -->{after}", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
