"""`make render`: the main job from a click to frames on disk, on this computer, watched from outside.

Builds the extension's zip, installs it into a private Blender profile with Blender's own installer, presses *Render in
Cloud* in a background Blender, follows the journal, and ends with the frames, the times, and all frames on one sheet.
"""

import argparse
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import build_extension
import left_running
from cache import ROOT
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import State, Submission
from farmhand.jobs.user_folder import UserFolder
from find_blender import as_executable, find_blender
from render_watch import Bar, Watch
from zips import install_extension

EXAMPLE = ROOT / "examples" / "windmill.blend"
WORK = ROOT / "build" / "render"


def main() -> int:
    """Render as the arguments say; the exit code is that of the command line: 0 done, 1 failed, 2 could not start."""
    arguments = _arguments()
    file = Path(arguments.file or EXAMPLE).resolve()
    output = Path(arguments.out or ROOT / "render" / file.stem).resolve()
    if not file.is_file():
        print(f"There is no file {file}. Say which .blend to render: make render FILE=scene.blend")
        return 2
    times: dict[str, float] = {}
    try:
        with _timed(times, "Blender and the extension's zip"):
            blender = find_blender()
            package = _build()
        with _timed(times, "Installing it"):
            place = _install(blender, package)
    except subprocess.CalledProcessError as problem:
        print(f"This did not work: {shlex.join(map(str, problem.cmd))}\n{problem.stdout or ''}")
        return 2
    order = {
        "frames": arguments.frames,
        "scale": arguments.scale,
        "samples": arguments.samples,
        "output": str(output),
        "sheet": str(output / "contact_sheet.png"),
    }
    print(f"Rendering {file.name} with {_name(blender)}", flush=True)
    return _render(blender, place, file, order, times)


def _render(blender: list[str], place: Path, file: Path, order: dict[str, object], times: dict[str, float]) -> int:
    home = UserFolder(place / "home")
    watch = Watch(home)
    log = place / "blender.log"
    with Bar() as bar, log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            _press_command(blender, file, order),
            env=_environment(place),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            one = watch.follow(process, bar)
        except KeyboardInterrupt:
            bar.say("Interrupted: the job is canceled.")
            process.terminate()
            one = watch.cancel()
    left_running.end_all(home.folder)
    times |= watch.seconds
    if one is None:
        print(_last_words(log))
        return 2
    _report(home, one, order, times)
    return 0 if one.state is State.DONE and process.returncode == 0 else 1


def _report(home: UserFolder, one: Submission, order: dict[str, object], times: dict[str, float]) -> None:
    if one.problem:
        print(one.problem)
    elif one.state is not State.DONE:
        print(f"The render is {one.state.value}. {one.note}")
    with Journal(home.journal) as journal:
        odd = [frame for frame in journal.frames(one.id) if frame.reason]
    for frame in odd:
        print(f"{frame.name}: {frame.reason}")
    print(f"\n{one.frames_done} of {one.frames_total} frames are in {one.output_folder}")
    if one.state is State.DONE and Path(str(order["sheet"])).exists():
        print(f"All frames on one sheet: {order['sheet']}")
    print()
    for name, seconds in times.items():
        print(f"  {name:32} {seconds:6.1f} s")
    print(f"  {'Together':32} {sum(times.values()):6.1f} s")


def _build() -> Path:
    """The zip for this machine: with the wheels of Debian's Pythons on Linux, as the tests use it."""
    if sys.platform == "linux":
        return build_extension.build_test(WORK)
    kind = "windows" if sys.platform == "win32" else "macos"
    return next(file for file in build_extension.build_release(WORK) if kind in file.name)


def _install(blender: list[str], package: Path) -> Path:
    """Install into a profile of its own for each content: what an earlier run left at work keeps its own files."""
    with zipfile.ZipFile(package) as archive:
        content = sorted((entry.filename, entry.CRC) for entry in archive.infolist())
    place = WORK / hashlib.sha256(repr((content, blender)).encode()).hexdigest()[:8]
    if not (place / "installed").exists():
        shutil.rmtree(place, ignore_errors=True)
        install_extension.install(blender, package, place / "profile")
        (place / "installed").touch()
    return place


def _press_command(blender: list[str], file: Path, order: dict[str, object]) -> list[str]:
    script = Path(__file__).with_name("press_render.py")
    options = ["-b", str(file), "--disable-autoexec", "--python-exit-code", "1", "--python", str(script)]
    return [*as_executable(blender), *options, "--", json.dumps(order)]


def _environment(place: Path) -> dict[str, str]:
    return {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(place / "profile"),
        "FARMHAND_HOME": str(place / "home"),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def _timed(times: dict[str, float], name: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"{name} …", flush=True)
    yield
    times[name] = time.monotonic() - started


def _name(blender: list[str]) -> str:
    shown = subprocess.run(
        [*as_executable(blender), "--version"], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    return next((line.strip() for line in shown if line.startswith("Blender ")), shlex.join(blender))


def _last_words(log: Path) -> str:
    """What Blender said when nothing could be submitted: our own sentence, or the end of its log."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    ours = [line.removeprefix("Farmhand: ") for line in lines if line.startswith("Farmhand: ")]
    return "\n".join([*(ours[-1:] or lines[-5:]), f"The whole log: {log}"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make render", description="Render a .blend on this computer.")
    parser.add_argument("--file", help="the .blend; without it the example")
    parser.add_argument("--frames", default="", help="for example 1-10 or 1-100x5; without it the scene's own range")
    parser.add_argument("--scale", type=int, default=0, help="percentage of the scene's resolution")
    parser.add_argument("--samples", type=int, default=0, help="samples for every pixel")
    parser.add_argument("--out", default="", help="folder for the frames; without it render/<name of the file>")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
