"""How many faults in frames are found, and how many good frames are called bad: by view transform and format.

.venv/bin/python benchmarks/bad_frames.py FOLDER [--formats "PNG 8,OpenEXR half"] [--seeds other] [BLEND …]

Renders the frames of in_blender/bad_frames_render.py into FOLDER (an hour on two cores; what is there already stays, so
that it may be broken off and started again), has each looked at as if it had just come from a service, with what the
packer knew of its scene, and writes the table into docs/reliability.md. With --formats only files of these are written
and looked at; with --seeds only these sets of scenes are rendered. --look-only renders nothing.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import cache
from farmhand.courier.frames.suspicion import BLACK, OWN_GREEN, PINK, VIOLET, FaultColors
from farmhand.courier.frames.verify import Expected, verify
from farmhand.courier.images import inspector, oiio

VERSION = "5.0.1"
PROCESSES = 2
PAGE = cache.ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- bad frames: written by benchmarks/bad_frames.py -->", "<!-- end of the bad frames -->"
SIGNS = {"pink": PINK, "violet": VIOLET, "black": BLACK, "good": ""}
COLUMNS = (
    *("pink", "pink beside its own", "violet", "black"),
    *("good", "good with its own pink", "good without pictures", "good at night"),
)
"""What is counted: faults that were found, and of the good ones those that were called bad."""
LIGHT = FaultColors.from_measured({})
"""For scene linear pictures, in which no view transform has a part."""
SCENES, REPORT = ("all scenes", ""), ("all scenes", "the farm's report")
TOGETHER = ("all frames", "pixels and the farm's report")
"""As the client looks at the frames of Farmhand's own farm."""
SUMS = (SCENES, TOGETHER, REPORT)
Row = tuple[str, str]
"""View transform and format, or one of SUMS."""
Verdicts = list[tuple[Row, str, bool]]
"""Row, column, and whether the right thing was said."""
Counts = dict[Row, dict[str, list[bool]]]


def main() -> None:
    """Render, look, write."""
    parser = argparse.ArgumentParser(prog="bad_frames.py")
    parser.add_argument("folder", type=Path)
    parser.add_argument("blends", nargs="*")
    parser.add_argument("--formats", default="", help="names as in in_blender/bad_frames_render.py, between commas")
    parser.add_argument("--seeds", default="", help="sets of scenes, between commas; without it all")
    parser.add_argument("--look-only", action="store_true")
    given = parser.parse_args()
    if not given.look_only:
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
    """Every frame of these formats, or of all, searched for faults; not of scenes that limits were chosen with."""
    counts: Counts = defaultdict(lambda: defaultdict(list))
    scenes = sorted(done.parent for done in folder.glob("held out/*/done"))
    with ProcessPoolExecutor(PROCESSES) as side_by_side:
        for verdicts in side_by_side.map(partial(look_at, formats=formats), scenes, chunksize=4):
            for row, column, is_right in verdicts:
                counts[row][column].append(is_right)
    return counts


def look_at(scene: Path, formats: set[str]) -> Verdicts:
    """The pictures of one scene, the scene as a whole, and what a farm would have reported of it."""
    python = cache.bpy_python(VERSION)
    (library,) = python.parents[1].glob("lib/python3*/site-packages/bpy/*/python/lib/python3*/site-packages")
    known = {file.stem: json.loads(file.read_text()) for file in scene.glob("*.json")}
    colors = {view: FaultColors.from_measured(one) for view, one in known.items()}
    one = next(iter(colors.values()))
    in_light = replace(LIGHT, can_be_pink=one.can_be_pink, own_green=one.own_green)
    kind = "black" if is_black(scene) else scene.name.partition("-")[0]
    column = column_of(kind, scene.name, one)
    verdicts: Verdicts = []
    with patch.object(oiio, "find", return_value=(str(python), str(library))):
        for file in sorted(scene.glob("*-*")):
            view, _, form = file.stem.partition("-")
            if formats and form not in formats:
                continue
            verdict = verify(file, Expected(), colors=colors.get(view, in_light))
            said = verdict.suspect or verdict.broken
            verdicts.append(((view, form), column, said == SIGNS[kind]))
            verdicts.append((TOGETHER, column, is_told(file, colors.get(view, in_light), scene) is (kind != "good")))
            if said != SIGNS[kind]:
                print(f"{scene.name}, {view}, {form}: {said or 'nothing'}", flush=True)
    verdicts.append((SCENES, column, all(is_right for row, _, is_right in verdicts if row != TOGETHER)))
    if kind in ("pink", "good"):
        verdicts.append((REPORT, column, bool(json.loads((scene / "report").read_text())) is (kind == "pink")))
    return verdicts


def is_told(file: Path, colors: FaultColors, scene: Path) -> bool:
    """Whether a frame of Farmhand's own farm is suspect, which says what could not be read for it."""
    report = json.loads((scene / "report").read_text())
    if report:
        return True
    verdict = verify(file, Expected(), colors=replace(colors, can_be_pink=colors.can_be_pink and report is None))
    return bool(verdict.suspect or verdict.broken)


def column_of(kind: str, name: str, colors: FaultColors) -> str:
    if name.startswith("good-dark "):
        return "good at night"
    if kind == "good" and not colors.can_be_pink:
        return "good without pictures"
    if kind == "good":
        return "good with its own pink" if colors.own_green < OWN_GREEN else "good"
    return "pink beside its own" if kind == "pink" and colors.own_green < OWN_GREEN else kind


def is_black(scene: Path) -> bool:
    """Whether there is no light at all in the render: an old file may have lost its lamps."""
    samples = inspector.sample(scene / "scene linear-OpenEXR float.exr")
    return samples is not None and not any(map(any, samples.colors))


def write(counts: Counts) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(counts)}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def table(counts: Counts) -> str:
    """Faults found of those planted, and false alarms, for each view transform and format, and in all."""
    lines = [f"| view | format | {' | '.join(COLUMNS)} |", f"|{'---|' * (2 + len(COLUMNS))}"]
    frames = {row: found for row, found in sorted(counts.items()) if row not in SUMS}
    lines += [row_of(*row, [found]) for row, found in frames.items()]
    lines.append(row_of("all frames", "", frames.values()))
    return "\n".join([*lines, *(row_of(*row, [counts[row]]) for row in SUMS)])


def row_of(view: str, form: str, founds: Iterable[Mapping[str, list[bool]]]) -> str:
    cells: list[Any] = [view, form]
    founds = list(founds)
    for column in COLUMNS:
        looked = [is_right for found in founds for is_right in found.get(column, ())]
        right = sum(looked)
        shown = len(looked) - right if column.startswith("good") else right
        cells.append(f"{shown:,} of {len(looked):,}" if looked else "–")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
