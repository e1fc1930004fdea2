"""How many faults in frames are found, and how many good frames are called bad: by view transform and format.

.venv/bin/python benchmarks/bad_frames.py FOLDER [BLEND …]

Renders the frames of bad_frames_scenes.py into FOLDER (an hour on two cores; what is there already stays), has each
looked at as if it had just come from a service, and writes the table into docs/reliability.md.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import cache
from farmhand.courier.frames.suspicion import BLACK, PINK, VIOLET, FaultColors
from farmhand.courier.frames.verify import Expected, verify

VERSION = "5.0.1"
PAGE = cache.ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- bad frames: written by benchmarks/bad_frames.py -->", "<!-- end of the bad frames -->"
SIGNS = {"pink": PINK, "violet": VIOLET, "black": BLACK, "good": ""}
LIGHT = FaultColors.from_measured({})
"""For scene linear pictures, in which no view transform has a part."""
Counts = dict[tuple[str, str], dict[str, list[str]]]
"""View transform and format → kind of frame → what was wrongly said of each, "" where it was right."""


def main(folder: Path, *blends: str) -> None:
    """Render, look, write."""
    scenes = Path(__file__).with_name("bad_frames_scenes.py")
    command = [str(cache.bpy_python(VERSION)), str(scenes), str(folder), "0", "1", *blends]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    write(look(folder))


def look(folder: Path) -> Counts:
    """Every frame, searched for faults."""
    counts: Counts = defaultdict(lambda: defaultdict(list))
    for scene in sorted(done.parent for done in folder.glob("*/done")):
        kind = "black" if is_black(scene) else scene.name.partition("-")[0]
        colors = {file.stem: FaultColors.from_measured(json.loads(file.read_text())) for file in scene.glob("*.json")}
        for file in sorted(scene.glob("*-*")):
            view, _, form = file.stem.partition("-")
            verdict = verify(file, Expected(), colors=colors.get(view, LIGHT))
            is_right = (verdict.suspect or verdict.broken) == SIGNS[kind]
            counts[view, form][kind].append("" if is_right else scene.name)
            if not is_right:
                print(f"{scene.name}, {view}, {form}: {verdict.suspect or verdict.broken or 'nothing'}")
    return counts


def is_black(scene: Path) -> bool:
    """Whether there is no light at all in the render: an old file may have lost its lamps."""
    return verify(scene / "scene linear-OpenEXR float.exr", Expected()).suspect == BLACK


def write(counts: Counts) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(counts)}\n\n{END}{after}", encoding="utf-8")


def table(counts: Counts) -> str:
    """Faults found of those planted, and false alarms, for each view transform and format, and in all."""
    lines = ["| view transform | format | pink | violet | black | false alarms |", "|---|---|---|---|---|---|"]
    lines += [row(view, form, [found]) for (view, form), found in sorted(counts.items())]
    return "\n".join([*lines, row("all", "", list(counts.values()))])


def row(view: str, form: str, founds: list[dict[str, list[str]]]) -> str:
    cells = []
    for kind in ("pink", "violet", "black"):
        looked = [one for found in founds for one in found[kind]]
        cells.append(f"{looked.count('')} of {len(looked)}")
    good = [one for found in founds for one in found["good"]]
    cells.append(f"{len(good) - good.count('')} of {len(good):,}")
    return f"| {view} | {form} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
