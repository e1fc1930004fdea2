"""How long Farmhand holds Blender's main thread while a courier uploads and pulls as fast as it can.

    .venv/bin/python benchmarks/never_freezes.py [--uploads 6] [--mib 512] [--frames 400] [--seconds 20] [--write]

A Blender 5.2.2 with a window (Xvfb, drawn in software), the built extension in it, 1,000 finished submissions in the
journal, every panel open, and a real courier that talks to a real farm over loopback. Every turn of the timer, every
event of the watching operator and every draw of a panel is timed, from the first turn after the start on.
Needs root on Debian and `make blender`. --write renews the table in benchmarks/README.md and the plot in docs/images.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farmhand.courier.process import launcher
from farmhand.jobs import submit
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Stage, State, Submission
from farmhand.jobs.user_folder import UserFolder

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
for folder in ("tools", "tests/support", "tests/windows"):
    sys.path.insert(0, str(ROOT / folder))

import never_freezes_plot  # noqa: E402
import readme_table  # noqa: E402
import window  # noqa: E402
from painting_farm import PaintingFarm  # noqa: E402

import build_extension  # noqa: E402  none of these is a package: they are found by their folders
from cache import chroot_blender  # noqa: E402
from zips import install_extension  # noqa: E402

VERSION = "5.2.2"
FINISHED = 1000
FRAME_SIZE = (512, 340)
P99_MS, WORST_MS = 5.0, 20.0
KINDS = {"timer": "a turn of the timer", "watch": "an event of the watch", "draw": "a draw of a panel"}
START, UPLOAD, PULL = "reading the journal", "upload", "pull"


@dataclass(frozen=True)
class Sample:
    """began: seconds of the monotonic clock. wall, cpu: milliseconds."""

    kind: str
    began: float
    wall: float
    cpu: float


def main() -> int:
    """Measure, print the table; 1 when an aim is missed."""
    arguments = _arguments()
    blender = chroot_blender(VERSION)
    if not blender.exists():
        print(f"Blender {VERSION} is not here: run `make blender` as root on Debian.")
        return 2
    with tempfile.TemporaryDirectory(prefix="farmhand-freezes-") as folder:
        bench = Bench(Path(folder), [str(blender)], arguments)
        try:
            bench.run()
        finally:
            bench.close()
    table, is_met = bench.table()
    print(table)
    if arguments.write:
        never_freezes_plot.save(bench.samples, bench.phases, WORST_MS, ROOT / "docs" / "images" / "never-freezes.png")
        readme_table.write("freezes", table)
    return 0 if is_met else 1


class Bench:
    """One farm, one courier, one window. phases: name, begin and end of each."""

    def __init__(self, folder: Path, blender: list[str], arguments: argparse.Namespace) -> None:
        self._folder = folder
        self._blender = blender
        self._given = arguments
        self._home = UserFolder(folder / "home")
        self._farm = PaintingFarm(folder / "farm", size=FRAME_SIZE)
        self._url = f"{self._farm.url}/api/external/v1"
        self._load = os.getloadavg()[0]
        self.samples: list[Sample] = []
        self.phases: list[tuple[str, float, float]] = []
        self._amounts = {UPLOAD: 0.0, PULL: 0.0}
        self._memory: dict[str, float] = {}

    def run(self) -> None:
        os.environ["FARMHAND_HOME"] = str(self._home.folder)
        environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": str(self._install()),
            "FARMHAND_SAMPLES": str(self._folder / "samples.json"),
        }
        self._fill_journal()
        rendered = self._render()
        self._prepare_uploads()
        probe = ["--python", str(HERE / "in_blender" / "never_freezes_probe.py")]
        began = time.monotonic()
        with display() as screen, window.opened(self._blender, screen, environment, self._folder / "ch", *probe) as on:
            on.wait(f"len(snapshot().rows) >= {FINISHED}")
            self.phases.append((START, began, time.monotonic()))
            self._phase(UPLOAD, self._upload)
            self._phase(PULL, lambda: self._pull(rendered))
            on.run("bpy.app.driver_namespace['save_samples']()")
        found = json.loads((self._folder / "samples.json").read_text())
        self.samples = [Sample(kind, began, 1000 * wall, 1000 * cpu) for kind, began, wall, cpu in found]

    def close(self) -> None:
        with Journal(self._home.journal) as journal:
            journal.ask_handover()  # the courier ends at its next look
        self._farm.stop()

    def table(self) -> tuple[str, bool]:
        """The results as Markdown, and whether both aims are met."""
        lines = [
            (
                f"{self._words()} {os.cpu_count()} cores ({time.strftime('%Y-%m-%d')}); load from elsewhere at the "
                f"start: {self._load:.1f}. Milliseconds."
            ),
            "",
            "| what holds the main thread | times | p50 | p99 | worst | p99 of its CPU | worst of its CPU |",
            "|---|---|---|---|---|---|---|",
        ]
        for kind, words in KINDS.items():
            lines.append(_row(words, [one for one in self.samples if one.kind == kind]))
        lines.append(_row("all of them", self.samples))
        walls = sorted(one.wall for one in self.samples)
        return "\n".join(lines), quantile(walls, 0.99) <= P99_MS and walls[-1] <= WORST_MS

    def _words(self) -> str:
        parts = [
            f"{name} {end - began:.0f} s at {self._amounts[name] / 1e6 / (end - began):.0f} MB/s"
            for name, began, end in self.phases
            if name in self._amounts
        ]
        memory = " and ".join(f"{mib:.0f} MiB after the {name}" for name, mib in self._memory.items())
        parts.append(f"the courier's memory at most {memory}")
        return f"Blender {VERSION}, {FINISHED:,} finished submissions in the journal, {', '.join(parts)},"

    # Before

    def _install(self) -> Path:
        profile = self._folder / "profile"
        install_extension.install(self._blender, build_extension.build_test(self._folder / "dist"), profile)
        return profile

    def _fill_journal(self) -> None:
        with Journal(self._home.journal) as journal:
            for number in range(FINISHED):
                journal.add(self._finished(number))

    def _finished(self, number: int) -> Submission:
        at = time.time() - 60.0 * (FINISHED - number) - 3600.0
        return Submission(
            id=str(uuid.uuid4()),
            name=f"shot {number:04}",
            server_url=self._url,
            blend=f"/projects/shot_{number:04}.blend",
            scene="Scene",
            output_folder=str(self._folder / "old" / str(number)),
            created=at,
            updated=at + 600.0,
            stage=Stage.FINISHED,
            state=State.DONE,
            job_status="completed",
            frames_total=250,
            frames_rendered=250,
            frames_done=250,
        )

    def _render(self) -> str:
        """A job at the farm with all its frames painted, to be pulled as often as it takes."""
        package = self._folder / "scene.blend"
        package.write_bytes(b"BLENDER" + os.urandom(1000))
        ranges = [f"1-{self._given.frames}"]
        job_id = self._farm.start_render(package, frameRanges=ranges)
        self._farm.wait_for(job_id, "completed", seconds=300)
        return job_id

    def _prepare_uploads(self) -> None:
        package = self._folder / "large.blend"
        with package.open("wb") as file:
            file.write(b"BLENDER")
            for _ in range(self._given.mib):
                file.write(os.urandom(1024 * 1024))
        for number in range(self._given.uploads):
            submit.send(self._home, self._url, package, self._folder / f"sent-{number}", "1-3")

    # The two phases

    def _phase(self, name: str, work: Callable[[], None]) -> None:
        began = time.monotonic()
        work()
        self.phases.append((name, began, time.monotonic()))
        self._memory[name] = self._courier_mib()
        print(f"  {name}: {time.monotonic() - began:.1f} s", flush=True)

    def _courier_mib(self) -> float:
        """The most memory that the courier has held so far."""
        with Journal(self._home.journal) as journal:
            courier = journal.courier()
        status = Path(f"/proc/{courier.pid}/status").read_text() if courier else ""
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def _upload(self) -> None:
        launcher.ensure_courier(self._home, {self._url: self._farm.token})
        self._wait_until_over()
        self._amounts[UPLOAD] = self._given.uploads * self._given.mib * 1024 * 1024

    def _pull(self, job_id: str) -> None:
        """The same job into one folder after the other, until the time is up."""
        end, count = time.monotonic() + self._given.seconds, 0
        while time.monotonic() < end:
            output = self._folder / f"pulled-{count}"
            submit.bring_job(self._home, self._url, job_id, output, name=f"pull {count}")
            self._wait_until_over()
            files = [file for file in output.rglob("*.png") if file.stat().st_size]
            if len(files) != self._given.frames:
                raise SystemExit(f"{len(files)} of {self._given.frames} frames in {output}")
            self._amounts[PULL] += sum(file.stat().st_size for file in files)
            count += 1

    def _wait_until_over(self) -> None:
        with Journal(self._home.journal) as journal:
            while going := journal.submissions(unfinished=True):
                stopped = [one for one in going if one.state is State.STOPPED]
                if stopped:
                    raise SystemExit(f"{stopped[0].name} stopped: {stopped[0].problem}")
                time.sleep(0.1)


def quantile(ordered: list[float], part: float) -> float:
    """The value that this part of all does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _row(words: str, samples: list[Sample]) -> str:
    wall, cpu = sorted(one.wall for one in samples), sorted(one.cpu for one in samples)
    shown = [quantile(wall, 0.5), quantile(wall, 0.99), wall[-1], quantile(cpu, 0.99), cpu[-1]]
    return f"| {words} | {len(samples):,} | {' | '.join(f'{value:.2f}' for value in shown)} |"


class display:
    """A screen of its own; the X server picks a free number."""

    def __enter__(self) -> str:
        reader, writer = os.pipe()
        options = ["-screen", "0", "1600x1000x24", "+extension", "GLX", "-nolisten", "tcp", "-displayfd", str(writer)]
        self._server = subprocess.Popen(["Xvfb", *options], pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as answer:
            return f":{answer.readline().strip()}"

    def __exit__(self, *_exc: object) -> None:
        self._server.terminate()
        self._server.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time what Farmhand does on Blender's main thread.")
    parser.add_argument("--uploads", type=int, default=6, help="packages to send")
    parser.add_argument("--mib", type=int, default=512, help="size of each package")
    parser.add_argument("--frames", type=int, default=400, help="frames of the job that is pulled")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to pull")
    parser.add_argument("--write", action="store_true", help="renew the table and the plot")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
