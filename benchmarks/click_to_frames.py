"""From a click to the last frame on disk, against the same Blender rendering the same file by itself (`-a`).

    .venv/bin/python benchmarks/click_to_frames.py [--kind quick|slow] [--rounds 3] [--write]

Both ways take turns in one run, so that a busy machine hurts both. `-a` is timed as a whole command, as an artist
would start it; Farmhand from the press of the button in a Blender that is open, once with nothing running ("cold":
the farm and its Blender start within the measured time) and once more with the farm still there ("again").
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent / "tools"
sys.path.insert(0, str(TOOLS))

import readme_table  # noqa: E402

import build_extension  # noqa: E402  the tools are no package: they are found by their folder
import left_running  # noqa: E402
from farmhand.jobs.journal.journal import Journal  # noqa: E402
from farmhand.jobs.journal.submission import Stage  # noqa: E402
from find_blender import as_executable, find_blender, is_python  # noqa: E402
from zips import install_extension  # noqa: E402


@dataclass(frozen=True)
class Kind:
    """frames, samples: of the scene. aim: against `-a`, pressed again. first_aim: seconds until the farm's first frame.

    table: its name in README.md.
    counted: more frames, each counted with the mean time of the rendered ones. So that the speed of a busy computer
    hardly changes between the two ways, long frames are few in each round.
    measures_cold: whether the first press renders all frames and is measured, or one frame, to start the farm.
    """

    frames: int
    samples: int
    aim: float
    table: str
    first_aim: float = 1.0
    counted: int = 0
    measures_cold: bool = True

    @property
    def presses(self) -> tuple[str, ...]:
        """The ways that are measured, besides Blender alone."""
        return ("cold", "again") if self.measures_cold else ("again",)


KINDS = {
    "quick": Kind(60, 40, 1.05, "click"),
    "slow": Kind(8, 280, 1.02, "click slow", first_aim=6.0, counted=52, measures_cold=False),
}
WAYS = {
    "blender": "`blender -b scene.blend -a`",
    "cold": "Farmhand, first press: nothing runs yet",
    "again": "Farmhand, pressed again",
}


def main() -> int:
    """Measure, check that both ways rendered the same pixels, print a table; 1 when the aim is missed."""
    arguments = _arguments()
    kind = KINDS[arguments.kind]
    blender = find_blender()
    with tempfile.TemporaryDirectory(prefix="farmhand-benchmark-") as folder:
        bench = Bench(Path(folder), blender, kind)
        for number in range(arguments.rounds):
            bench.round(number)
        result = bench.result()
    table = _table(result, blender)
    print(f"\n{table}\n\nAims, when pressed again: {kind.aim} or less; the farm's first frame in {kind.first_aim:g} s.")
    if arguments.write:
        readme_table.write(kind.table, table)
    is_quick_enough = result["ratio"]["again"] <= kind.aim and result["first of farm"]["again"] <= kind.first_aim
    return 0 if is_quick_enough and result["same_pixels"] else 1


class Bench:
    """One scene, one installed extension, and the seconds of every run.

    server: for press_render.py, {} for This Computer.
    """

    def __init__(self, folder: Path, blender: list[str], kind: Kind) -> None:
        self._folder = folder
        self._kind = kind
        self.server: dict[str, str] = {}
        self._firsts: dict[str, list[float]] = {way: [] for way in kind.presses}
        self._firsts_of_farm: dict[str, list[float]] = {way: [] for way in kind.presses}
        self._confinement = ""
        self._blender = blender
        self._scene = folder / "small.blend"
        self._profile = folder / "profile"
        self.seconds: dict[str, list[float]] = {way: [] for way in ("blender", *kind.presses)}
        self._pixels: set[str] = set()
        self._run_script(HERE / "in_blender" / "small_scene.py", str(self._scene), str(kind.frames), str(kind.samples))
        install_extension.install(blender, build_extension.build_test(folder), self._profile)

    def round(self, number: int) -> None:
        """Each way once, Blender alone first in every second round; a new home makes the first press a cold one."""
        home = self._folder / f"home{number}"
        alone_is_first = number % 2 == 0
        if alone_is_first:
            self._blender_alone(self._folder / f"blender{number}")
        for way in ("cold", "again"):
            self._press(way, home, self._folder / f"{way}{number}")
        for log in home.glob("farms/*/logs/farm.log"):
            self._confinement = log.read_text(encoding="utf-8").partition("Render Blenders are ")[2].partition("\n")[0]
        left_running.end_all(home)  # they would wait for more work beside the next run
        if not alone_is_first:
            self._blender_alone(self._folder / f"blender{number}")

    def result(self) -> dict[str, object]:
        """Medians in seconds, medians of each round's ratio to Blender alone, and whether all pixels agree."""
        return {
            "frames": self._kind.frames,
            "counted": self._kind.counted,
            "confinement": self._confinement,
            "first": {way: statistics.median(times) for way, times in self._firsts.items()},
            "first of farm": {way: statistics.median(times) for way, times in self._firsts_of_farm.items()},
            "cores": os.cpu_count(),
            "rounds": self.seconds,
            "median": {way: statistics.median(times) for way, times in self.seconds.items()},
            "ratio": {way: self._ratio(way) for way in self.seconds},
            "same_pixels": len(self._pixels) == 1,
        }

    def _ratio(self, way: str) -> float:
        """Round by round: what else the machine does changes more between rounds than within one."""
        pairs = zip(self.seconds[way], self.seconds["blender"], strict=True)
        return statistics.median(ours / alone for ours, alone in pairs)

    def _blender_alone(self, output: Path) -> None:
        command = [*as_executable(self._blender), "-b", "--factory-startup", str(self._scene)]
        started = time.monotonic()
        subprocess.run([*command, "-o", f"{output}/####", "-a"], check=True, stdout=subprocess.DEVNULL)
        self._note("blender", time.monotonic() - started, output)

    def _press(self, way: str, home: Path, output: Path) -> None:
        is_measured = way in self._kind.presses
        frames = "" if is_measured else "1"
        order = {"frames": frames, "scale": 0, "samples": 0, "output": str(output), "sheet": "", **self.server}
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(self._profile), "FARMHAND_HOME": str(home)}
        command = [*as_executable(self._blender), "-b", str(self._scene), "--python-exit-code", "1"]
        command += ["--python", str(TOOLS / "press_render.py"), "--", json.dumps(order)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        pressed = re.search(r"Pressed for ([\d.]+) s", done.stdout)
        if done.returncode != 0 or pressed is None:
            raise SystemExit(f"The press failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        if not is_measured:
            return
        ages = _ages(output, self._kind.frames)
        self._firsts_of_farm[way].append(ages[0] - _given_at(home))
        self._firsts[way].append(float(pressed[1]) - (ages[-1] - ages[0]))  # the last one is there when the press ends
        self._note(way, float(pressed[1]), output)

    def _note(self, way: str, seconds: float, output: Path) -> None:
        files, ages = sorted(output.glob("*.png")), _ages(output, self._kind.frames)
        seconds += self._kind.counted * (ages[-1] - ages[0]) / (len(ages) - 1)
        self.seconds[way].append(seconds)
        self._pixels.add(_digest(files))
        print(f"  {way:8} {seconds:6.2f} s", flush=True)
        shutil.rmtree(output)

    def _run_script(self, script: Path, *arguments: str) -> None:
        start = [] if is_python(self._blender) else ["-b", "--factory-startup", "--python"]
        subprocess.run([*self._blender, *start, str(script), "--", *arguments], check=True, stdout=subprocess.DEVNULL)


def _given_at(home: Path) -> float:
    """When the farm got the newest job, in Unix seconds."""
    with Journal(home / "journal.sqlite3") as journal:
        newest = max(journal.submissions(), key=lambda one: one.created)
        return next(at for at, stage, *_ in journal.transitions(newest.id) if stage is Stage.CREATE)


def _ages(output: Path, frames: int) -> list[float]:
    """When each frame was written, in Unix seconds."""
    files = list(output.glob("*.png"))
    if len(files) != frames:
        raise SystemExit(f"{len(files)} of {frames} frames in {output}")
    return sorted(each.stat().st_mtime for each in files)


def _digest(files: list[Path]) -> str:
    """Of the pixels alone: Blender writes the time of day into every file."""
    from PIL import Image

    digest = hashlib.sha256()
    for file in files:
        with Image.open(file) as image:
            digest.update(image.tobytes())
    return digest.hexdigest()


def _table(result: dict[str, object], blender: list[str]) -> str:
    """The results as Markdown."""
    median, ratio = result["median"], result["ratio"]
    version = subprocess.run([*as_executable(blender), "--version"], capture_output=True, text=True, check=False)
    rounds, pixels = len(result["rounds"]["blender"]), "the same" if result["same_pixels"] else "DIFFERENT"
    measured = f"medians of {rounds} rounds" if rounds > 1 else "one round"
    made = f"{version.stdout.splitlines()[0]}, {os.cpu_count()} cores, {measured}"
    lines = [
        (
            f"{_frames(result)}, {made} ({time.strftime('%Y-%m-%d')}). Render Blenders: "
            f"{str(result['confinement']).rstrip('.')}. Pixels of all ways: {pixels}."
        ),
        "",
        "| way | seconds | against `-a` | first frame after the click, s | after the farm got the job, s |",
        "|---|---|---|---|---|",
        *(f"| {WAYS[way]} | {median[way]:.1f} | {ratio[way]:.2f} | {_firsts(result, way)} |" for way in ratio),
    ]
    return "\n".join(lines)


def _frames(result: dict[str, object]) -> str:
    rendered, counted = int(str(result["frames"])), int(str(result["counted"]))
    if not counted:
        return f"{rendered} frames"
    return f"{rendered + counted} frames, of which {rendered} are rendered and the others count as long as these"


def _firsts(result: dict[str, object], way: str) -> str:
    kinds = ("first", "first of farm")
    return " | ".join(f"{result[kind][way]:.1f}" if way in result[kind] else "–" for kind in kinds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time a press of the button against `blender -b -a`.")
    parser.add_argument("--kind", choices=KINDS, default="quick", help="frames of about half a second, or of five")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
