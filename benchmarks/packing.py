"""Packing beside `bat pack`, `zip -0` and `cp -r`: same projects, same disk, whole command against whole command.

    .venv/bin/python benchmarks/packing.py [--small 2000] [--large 20] [--rounds 3] [--write]

Farmhand runs as the command line runs it: a Blender that opens the file, checks it and makes the job folder, and then
the zip stream into a file. The first byte could go onto the wire where the job folder is complete; that time is shown,
counted from the saved copy. The ways take turns in each round. Needs zip.

Memory is the most that the Blender took which opened, checked and packed, above one that does nothing, and the most of
the process that streams. Extra disk is what the job folder holds afterwards, beside the project's own .blend files.

Then how long the main thread is held by a click, beside Blender's own Save Copy; --held for that alone.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tools"))

from cache import bpy_python  # noqa: E402

MIB = 1024 * 1024
STREAM = """
import resource, sys
from pathlib import Path
from farmhand.jobs.folder import manifest
from farmhand.jobs.folder.zip_stream import ZipStream
with open(sys.argv[2], "wb", buffering=0) as sink:
    for chunk in ZipStream("package.zip", Path(sys.argv[1]), manifest.read(Path(sys.argv[1]))).chunks():
        sink.write(chunk)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@dataclass
class Row:
    """Times of one project by way, in seconds; ready: from the saved copy to a complete job folder.

    disk: bytes in the job folder. blends: bytes of the project's .blend files.
    packing, idle, streaming: MiB of memory, of the Blender that packs, of one that does nothing, and of the stream.
    """

    times: dict[str, list[float]] = field(default_factory=dict)
    ready: list[float] = field(default_factory=list)
    disk: int = 0
    blends: int = 0
    packing: int = 0
    idle: int = 0
    streaming: int = 0

    @property
    def memory(self) -> int:
        """What is added to a Blender, or what the stream takes, if that is more."""
        return max(self.packing - self.idle, self.streaming)


@dataclass(frozen=True)
class Held:
    """ratio: our time on the main thread by that of Save Copy, within a round. text: for the README."""

    ratio: float
    text: str


def main() -> int:
    """Make the projects, measure, print the table; 1 when an aim is missed."""
    arguments = _arguments()
    python = str(bpy_python(arguments.blender))
    held = _held(python, arguments)
    print(held.text)
    if arguments.held:
        if arguments.write:
            _write("held", held.text)
        return 0 if held.ratio <= 1.1 else 1
    rows = {}
    with tempfile.TemporaryDirectory(prefix="farmhand-packing-") as folder:
        for title, kind, count, size in (
            (f"{arguments.small:,} textures of 20 KB", "textures", arguments.small, 20_000),
            (f"{arguments.large} textures of 100 MiB", "textures", arguments.large, 100 * MIB),
            ("a chain of 10 libraries", "libraries", 10, 20_000),
        ):
            project = Path(folder, kind + str(count))
            script = str(HERE / "in_blender" / "packing_projects.py")
            subprocess.run([python, script, str(project), kind, str(count), str(size)], check=True, capture_output=True)
            rows[title] = _measure(project, python, arguments.rounds)
            shutil.rmtree(project)
    table = _table(rows, arguments)
    print(table)
    if arguments.write:
        _write("packing", table)
        _write("held", held.text)
    return 0 if _aims_met(list(rows.values())) and held.ratio <= 1.1 else 1


def _held(python: str, arguments: argparse.Namespace) -> Held:
    with tempfile.TemporaryDirectory(prefix="farmhand-save-copy-") as folder:
        words = [folder, str(arguments.scene), str(arguments.copies)]
        command = [python, str(HERE / "in_blender" / "save_copy.py"), *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    pairs = json.loads(done.stdout.splitlines()[-1])
    theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(our / their for their, our in pairs)
    where = f"Blender {arguments.blender}; medians of {arguments.copies} rounds on {os.cpu_count()} cores"
    text = (
        f"{where} ({time.strftime('%Y-%m-%d')}); load at the end: {os.getloadavg()[0]:.1f}.\n\n"
        "| | Save Copy | Farmhand | against Save Copy |\n|---|---|---|---|\n"
        f"| main thread held, a .blend of {arguments.scene} MiB | {theirs:.2f} s | {ours:.2f} s | {ratio:.2f} |"
    )
    return Held(ratio, text)


def _measure(project: Path, python: str, rounds: int) -> Row:
    blend = next(iter(project.rglob("main.blend")), project / "scene.blend")
    row = Row(blends=sum(file.stat().st_size for file in project.rglob("*.blend")))
    row.idle = _peak(python, "-c", "import bpy")
    ways: dict[str, Callable[[Path], None]] = {
        "farmhand": lambda out: _farmhand(blend, out, python, row),
        "bat pack": lambda out: _run(str(ROOT / ".venv/bin/bat"), "pack", str(blend), str(out / "bat.zip")),
        "zip -0": lambda out: _run("zip", "-0", "-q", "-r", str(out / "zip.zip"), ".", cwd=project),
        "cp -r": lambda out: _run("cp", "-r", str(project), str(out / "copy")),
    }
    for _ in range(rounds):
        for name, way in ways.items():
            out = project.with_name("out")
            out.mkdir()
            os.sync()  # so that no run pays for what the one before left unwritten
            started = time.perf_counter()
            way(out)
            row.times.setdefault(name, []).append(time.perf_counter() - started)
            shutil.rmtree(out)
    return row


def _farmhand(blend: Path, out: Path, python: str, row: Row) -> None:
    request, result = out / "request.json", out / "result.json"
    request.write_text(
        json.dumps({"command": "submit", "file": str(blend), "jobs": str(out / "jobs"), "output": str(out)})
    )
    row.packing = max(row.packing, _peak(python, str(ROOT / "scene" / "headless.py"), "--", str(request), str(result)))
    folder = Path(json.loads(result.read_text())["folder"])
    # The folder is made right before the copy is saved.
    row.ready.append((folder / "job.json").stat().st_mtime - _born(folder))
    row.disk = sum(file.stat().st_size for file in folder.rglob("*") if file.suffix != ".json")
    done = subprocess.run(
        [sys.executable, "-c", STREAM, str(folder), str(out / "package.zip")],
        check=True,
        capture_output=True,
        text=True,
    )
    row.streaming = max(row.streaming, int(done.stdout))


def _born(folder: Path) -> float:
    """When the job folder was made: the file system keeps it where Python does not show it."""
    return float(subprocess.run(["stat", "-c", "%.W", str(folder)], check=True, capture_output=True, text=True).stdout)


def _peak(*command: str) -> int:
    """Run it; the most memory that it had, in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss // 1024


def _run(*command: str, cwd: Path | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=cwd)


def _ratio(row: Row, way: str) -> float:
    pairs = zip(row.times[way], row.times["farmhand"], strict=True)
    return statistics.median(theirs / ours for theirs, ours in pairs)


def _aims_met(rows: list[Row]) -> bool:
    small, large, chain = rows
    return (
        _ratio(small, "bat pack") >= 1.5
        and _ratio(large, "bat pack") >= 4
        and _ratio(large, "zip -0") >= 1
        and _ratio(chain, "bat pack") >= 1
        and all(statistics.median(row.ready) <= 3 and row.memory <= 200 and row.disk <= row.blends for row in rows)
    )


def _table(rows: dict[str, Row], arguments: argparse.Namespace) -> str:
    where = f"medians of {arguments.rounds} rounds on {os.cpu_count()} cores ({time.strftime('%Y-%m-%d')})"
    lines = [
        f"Blender {arguments.blender}; {where}; load at the end: {os.getloadavg()[0]:.1f}.",
        "",
        "| | Farmhand | bat pack | zip -0 | cp -r | by bat | by zip | ready | disk (.blend) | memory | stream |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for title, row in rows.items():
        times = [f"{statistics.median(row.times[way]):.1f} s" for way in ("farmhand", "bat pack", "zip -0", "cp -r")]
        lines.append(
            f"| {title} | {' | '.join(times)} | {_ratio(row, 'bat pack'):.2f} | {_ratio(row, 'zip -0'):.2f} "
            f"| {statistics.median(row.ready):.1f} s | {row.disk / MIB:.1f} MiB ({row.blends / MIB:.1f} MiB) "
            f"| {row.packing - row.idle} MiB over {row.idle} | {row.streaming} MiB |"
        )
    return "\n".join(lines)


def _write(place: str, table: str) -> None:
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    found = re.sub(
        rf"(<!-- {place} -->\n).*?(<!-- /{place} -->)",
        lambda match: match[1] + table + "\n" + match[2],
        text,
        flags=re.S,
    )
    readme.write_text(found, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=2000)
    parser.add_argument("--large", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scene", type=int, default=400, help="MiB of the .blend for Save Copy")
    parser.add_argument("--copies", type=int, default=9, help="rounds of Save Copy")
    parser.add_argument("--held", action="store_true", help="only how long the main thread is held")
    parser.add_argument("--blender", default="5.0.1")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
