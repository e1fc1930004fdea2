"""How many faults in frames are found, and how many good frames are called bad: by view transform and format.

.venv/bin/python benchmarks/bad_frames.py FOLDER [--formats "PNG 8,OpenEXR half"] [--seeds unseen] [BLEND …]

Renders the frames of in_blender/bad_frames_render.py into FOLDER (half an hour on two cores; what is there already
stays, so that it may be broken off and started again), has each looked at as if it had just come from a service, and
writes the table into docs/reliability.md. With --formats only files of these are written and looked at, which takes a
fifth of the time; with --seeds only the scenes of these sets of in_blender/bad_frames_render.py are rendered.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import cache
from farmhand.courier.frames.suspicion import BLACK, PINK, VIOLET, FaultColors
from farmhand.courier.frames.verify import Expected, verify
from farmhand.courier.images import oiio

VERSION = "5.0.1"
PROCESSES = 2
PAGE = cache.ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- bad frames: written by benchmarks/bad_frames.py -->", "<!-- end of the bad frames -->"
SIGNS = {"pink": PINK, "violet": VIOLET, "black": BLACK, "good": ""}
SETS = ("known", "held out")
LIGHT = FaultColors.from_measured({})
"""For scene linear pictures, in which no view transform has a part."""
Verdicts = list[tuple[str, str, str, bool]]
"""View transform, format, kind of frame, and whether the right thing was said."""
Counts = dict[tuple[str, str], dict[tuple[str, str], list[bool]]]
"""View transform and format → set and kind of frame → whether the right thing was said of each."""
Rows = dict[tuple[str, str], list[str]]
"""View transform and format → the cells of the row."""


def main() -> None:
    """Render, look, write."""
    parser = argparse.ArgumentParser(prog="bad_frames.py")
    parser.add_argument("folder", type=Path)
    parser.add_argument("blends", nargs="*")
    parser.add_argument("--formats", default="", help="names as in in_blender/bad_frames_render.py, between commas")
    parser.add_argument("--seeds", default="", help="sets of scenes, between commas; without it all")
    given = parser.parse_args()
    render(given.folder, given.seeds, given.formats, given.blends)
    write(look(given.folder, set(filter(None, given.formats.split(",")))))


def render(folder: Path, seeds: str, formats: str, blends: list[str]) -> None:
    """What is not there yet. Raises CalledProcessError."""
    script, python = Path(__file__).with_name("in_blender") / "bad_frames_render.py", cache.bpy_python(VERSION)

    def do(part: int) -> None:
        command = [str(python), str(script), str(folder), f"{part}/{PROCESSES}", seeds, formats, *blends]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, **quiet)

    with ThreadPoolExecutor(PROCESSES) as side_by_side:
        list(side_by_side.map(do, range(PROCESSES)))


def look(folder: Path, formats: set[str]) -> Counts:
    """Every frame of these formats, or of all, searched for faults."""
    counts: Counts = defaultdict(lambda: defaultdict(list))
    scenes = sorted(done.parent for done in folder.glob("*/*/done"))
    with ProcessPoolExecutor(PROCESSES) as side_by_side:
        for scene, verdicts in zip(scenes, side_by_side.map(partial(look_at, formats=formats), scenes), strict=True):
            for view, form, kind, is_right in verdicts:
                counts[view, form][scene.parent.name, kind].append(is_right)
    return counts


def look_at(scene: Path, formats: set[str]) -> Verdicts:
    """The pictures of one scene."""
    python = cache.bpy_python(VERSION)
    (library,) = python.parents[1].glob("lib/python3*/site-packages/bpy/*/python/lib/python3*/site-packages")
    colors = {file.stem: FaultColors.from_measured(json.loads(file.read_text())) for file in scene.glob("*.json")}
    kind = "black" if is_black(scene) else scene.name.partition("-")[0]
    verdicts: Verdicts = []
    with patch.object(oiio, "find", return_value=(str(python), str(library))):
        for file in sorted(scene.glob("*-*")):
            view, _, form = file.stem.partition("-")
            if formats and form not in formats:
                continue
            verdict = verify(file, Expected(), colors=colors.get(view, LIGHT))
            said = verdict.suspect or verdict.broken
            verdicts.append((view, form, kind, said == SIGNS[kind]))
            if said != SIGNS[kind]:
                print(f"{scene.name}, {view}, {form}: {said or 'nothing'}", flush=True)
    return verdicts


def is_black(scene: Path) -> bool:
    """Whether there is no light at all in the render: an old file may have lost its lamps."""
    return verify(scene / "scene linear-OpenEXR float.exr", Expected()).suspect == BLACK


def write(counts: Counts) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    written, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(counts, cells_of(written))}\n\n{END}{after}", encoding="utf-8")


def cells_of(written: str) -> Rows:
    """The rows of the table that is there: a set of which no frame was looked at keeps its figures."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in written.split("\n") if " of " in line]
    return {(view, form): cells for view, form, *cells in rows}


def table(counts: Counts, written: Rows) -> str:
    """Faults found of those planted, and false alarms, for each view transform and format, and in all."""
    lines = [
        "| view | format | pink | violet | black | false alarms | new: pink | violet | black | false alarms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [row(view, form, [found], written) for (view, form), found in sorted(counts.items())]
    return "\n".join([*lines, row("all", "", counts.values(), written)])


def row(view: str, form: str, founds: Iterable[dict[tuple[str, str], list[bool]]], written: Rows) -> str:
    cells, founds = [view, form], list(founds)
    for place, one_set in enumerate(SETS):
        own = []
        for kind in SIGNS:
            looked = [is_right for found in founds for is_right in found[one_set, kind]]
            right = sum(looked)
            own.append(f"{len(looked) - right if kind == 'good' else right:,} of {len(looked):,}")
        before = written.get((view, form), own * len(SETS))[place * len(SIGNS) :][: len(SIGNS)]
        cells += before if all(cell.endswith(" of 0") for cell in own) else own
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
