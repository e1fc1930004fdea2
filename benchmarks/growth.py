"""How the costs grow: with the files of a package, the frames of a job, the jobs of a list, the objects of a scene.

    .venv/bin/python benchmarks/growth.py [files frames jobs objects] [--write]

Each size is measured by itself, the best of three rounds, in seconds of wall clock (objects: processor time of
Blender's main thread). Aim: ten times as much costs at most 13 times as long, from the second size on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import growth_plot
import readme_table

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from cache import bpy_python  # noqa: E402
from farmhand.client import frame_ranges  # noqa: E402
from farmhand.jobs.folder import manifest, zip_stream  # noqa: E402
from farmhand.jobs.folder.frame_names import existing_in, free_pattern  # noqa: E402
from farmhand.jobs.folder.job_folder import Output  # noqa: E402
from farmhand.jobs.folder.manifest import Entry  # noqa: E402
from farmhand.jobs.journal.journal import Journal  # noqa: E402
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Submission  # noqa: E402
from farmhand.scene.package_layout import PackageLayout  # noqa: E402

ROUNDS = 3
MOST_PER_TEN = 13.0
MATTERS_SECONDS = 0.005
"""Less than that is not judged."""
Times = dict[str, float]


@dataclass(frozen=True)
class _Thing:
    """What the scan finds of an image."""

    path: str
    files: tuple[str, ...]
    kind: str = "image"
    missing: tuple[str, ...] = ()
    beside: str = ""
    owner: str = "Wood"
    reason: str = "Image"


def files(count: int, folder: Path) -> Times:
    """Images of 4 KiB in folders of a hundred: find their places, write the manifest, read it, stream the zip."""
    sources = []
    for number in range(count):
        file = folder / f"set {number // 100}" / f"{number}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(number.to_bytes(4, "big") * 1024)
        sources.append(str(file))
    things = [_Thing(source, (source,)) for source in sources]
    found: list[PackageLayout] = []
    places = _best(lambda: found.append(PackageLayout("shot.blend", str(folder / "shot.blend"), things)))
    entries = []
    for place, source in found[-1].files.items():
        status = Path(source).stat()
        entries.append(Entry(place, source, status.st_size, status.st_mtime_ns, "image", "Wood", "Image"))
    written = _best(lambda: (manifest.write(folder, entries), manifest.read(folder)))
    streamed = _best(lambda: sum(map(len, zip_stream.ZipStream("shot.zip", folder, entries).chunks())))
    return {"places": places, "manifest": written, "zip": streamed}


def frames(count: int, folder: Path) -> Times:
    """Frames that are on disk and in the journal: notice them, choose another name, record and read them."""
    for number in range(count):
        (folder / f"shot_{number:06}.png").touch()
    output = Output(str(folder), str(folder / "shot_######.png"))
    records = [
        FrameRecord("one", f"{number}.png", str(folder / f"{number}.png"), number, FrameState.DOWNLOADED)
        for number in range(count)
    ]
    with Journal(folder / "journal.sqlite3") as journal:
        journal.add(_submission("one"))
        return {
            "ranges": _best(lambda: frame_ranges.parse(", ".join(frame_ranges.ranges(range(0, 2 * count, 2))))),
            "noticed": _best(lambda: existing_in(output, range(count))),
            "another name": _best(lambda: free_pattern(output.pattern, range(count))),
            "recorded": _best(lambda: journal.save_frames(records)),
            "read": _best(lambda: journal.frames("one")),
        }


def jobs(count: int, folder: Path) -> Times:
    """Submissions in the journal: read them all, a page of them, what changed since; change one."""
    with Journal(folder / "journal.sqlite3") as journal:
        for number in range(count):
            journal.add(_submission(f"{number:08}"))
        one = journal.submissions(limit=1)[0]
        return {
            "all": _best(journal.submissions),
            "a page": _best(lambda: journal.submissions(limit=50)),
            "unfinished": _best(lambda: journal.submissions(unfinished=True, limit=50)),
            "changed since": _best(lambda: journal.submissions(since=time.time())),
            "one saved": _best(lambda: journal.save(one)),
        }


def objects(count: int, folder: Path) -> Times:
    """Objects, of which 40 % are animated: the scan, and the whole check."""
    python, script = str(bpy_python("5.0.1")), str(HERE / "in_blender" / "scan.py")
    blend = str(folder / "scene.blend")
    for words in (("make", blend, str(count), str(count * 2 // 5)), ("time", blend, str(HERE.parent))):
        done = subprocess.run([python, script, *words], check=True, capture_output=True, text=True)
    times = dict[str, float](json.loads(done.stdout.splitlines()[-1]))
    return {"scan": times["scan"], "check": times["check"]}


SUBJECTS: dict[str, tuple[Callable[[int, Path], Times], tuple[int, ...]]] = {
    "files": (files, (10, 100, 1_000, 10_000)),
    "frames": (frames, (10, 100, 1_000, 10_000, 100_000)),
    "jobs": (jobs, (10, 100, 1_000, 10_000)),
    "objects": (objects, (100, 1_000, 10_000)),
}


def main() -> int:
    """Print a table for each; 1 when something grows faster than the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", default=[*SUBJECTS])
    parser.add_argument("--write", action="store_true", help="renew the tables and plots")
    options = parser.parse_args()
    too_fast = list[str]()
    for subject in options.subjects:
        measure, sizes = SUBJECTS[subject]
        found: dict[int, Times] = {}
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="growth-") as folder:
                found[size] = measure(size, Path(folder))
        table = _table(subject, found)
        print(table, flush=True)
        too_fast += [f"{subject}: {name}" for name in _growing_too_fast(found)]
        if options.write:
            readme_table.write(f"growth of {subject}", f"![{subject}](growth/{subject}.svg)\n\n{table}")
            plot = HERE / "growth" / f"{subject}.svg"
            plot.parent.mkdir(exist_ok=True)
            plot.write_text(growth_plot.plot(subject, found), encoding="utf-8")
    if too_fast:
        print(f"Grows faster than the aim: {', '.join(too_fast)}.")
    return 1 if too_fast else 0


def _growing_too_fast(found: dict[int, Times]) -> Iterable[str]:
    for small, large in itertools.pairwise([*found][1:]):
        for name, seconds in found[large].items():
            most = found[small][name] * MOST_PER_TEN * large / small / 10
            if seconds > most and seconds > MATTERS_SECONDS:
                yield f"{name} from {small:,} to {large:,}"


def _best(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _submission(identity: str) -> Submission:
    now = time.time()
    return Submission(identity, "shot", "local", "/p/shot.blend", "Scene", "/p/render", now, now)


def _table(subject: str, found: dict[int, Times]) -> str:
    names = [*next(iter(found.values()))]
    rows = [
        f"| {size:,} | " + " | ".join(_milliseconds(times[name]) for name in names) + " |"
        for size, times in found.items()
    ]
    return "\n".join(
        [f"| {subject} | {' | '.join(f'{name}, ms' for name in names)} |", "|---" * (len(names) + 1) + "|", *rows]
    )


def _milliseconds(seconds: float) -> str:
    value = 1000 * seconds
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
