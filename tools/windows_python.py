"""`make windows`: a Windows Python with bpy under Wine, and the checkout as that Python sees it.

For Debian as root. `make test` runs there what needs no POSIX, when it has been prepared.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import blenders
import system
from cache import ROOT, cache_folder, run

HOW_TO_GET = "run `make windows` as root on Debian"
_BPY, PYTHON = r"C:\bpy", r"C:\Python311\python.exe"
WITH_PIPES = 'wine "$@" < <(true) > >(exec cat) 2>&1; code=$?; sleep 0.2; exit $code'
# The first program that asks for a desktop starts Wine's explorer, which keeps that program's standard error open: when
# it is a Blender, whoever reads what Blender prints waits until every program has ended. So pytest asks, before all.
_PYTEST = "import ctypes, sys; ctypes.windll.user32.GetDesktopWindow(); import pytest; raise SystemExit(pytest.main())"
# Wine 8 maps files into memory in a way that Blender cannot read: it opens compressed files alone.
_ONLY_HERE = {"scene/packing/package.py": ("compress=False", "compress=True")}


def main() -> int:
    """Prepare it, or say why it cannot be."""
    if not system.is_debian_root():
        print("Windows' Python under Wine: skipped, it is installed on Debian as root only.")
        return 0
    try:
        with blenders.nobody_else():
            run([ROOT / "tools" / "windows.sh", cache_folder(), sys.executable])
    except subprocess.CalledProcessError:
        print(f"Windows' Python is not ready: see {cache_folder() / 'windows.log'}, then run `make windows` again.")
        return 1
    return 0


def python() -> Path:
    """The program that runs the Windows Python, whether prepared or not."""
    return cache_folder() / "windows" / "python"


def is_here() -> bool:
    """Whether it has been prepared."""
    return python().exists()


@contextmanager
def checkout() -> Iterator[Path]:
    """A copy of this checkout on Windows' disk, named farmhand, for as long as the block lasts."""
    drive = python().parent / "prefix" / "drive_c"
    # Not by PYTHONPATH: a farm gives its Blenders none of its own environment.
    (drive / "Python311" / "Lib" / "site-packages" / "bpy.pth").write_text(f"{_BPY}\n", encoding="ascii")
    for left in drive.glob("checkout-*"):
        if not Path("/proc", left.name.partition("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = drive / f"checkout-{os.getpid()}"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for each in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / each).is_file():
            target = folder / "farmhand" / each
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / each, target)
    for each, (ours, theirs) in _ONLY_HERE.items():
        file = folder / "farmhand" / each
        text = file.read_text(encoding="utf-8")
        assert text.count(ours) == 1, f"{each} no longer says {ours}"
        file.write_text(text.replace(ours, theirs), encoding="utf-8")
    try:
        yield folder / "farmhand"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_pytest(place: Path, words: Sequence[str], output: Path, added: Mapping[str, str] | None = None) -> int:
    """Run pytest in the Windows Python and the copy of the checkout, and write what it prints to a file; its exit code.

    Wine 8 gives CPython no usable handle for a file of Unix, so that all its streams are pipes. What a test has left
    running holds those open: it is ended, without waiting for it.
    """
    package = rf"C:\{place.parent.name}"
    settings = {
        "WINEPREFIX": str(python().parent / "prefix"),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=d",
        "DISPLAY": "",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": package,
        "BLENDER": PYTHON,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **(added or {}),
    }
    command = ["bash", "-c", WITH_PIPES, "bash", PYTHON, "-c", _PYTEST, *words]
    with output.open("wb") as printed:
        code = subprocess.run(
            command, cwd=place, env={**os.environ, **settings}, stdout=printed, stderr=subprocess.STDOUT, check=False
        ).returncode
    _end_those_left(package)
    return code


def _end_those_left(package: str) -> None:
    """End the processes under Wine that were started from this copy."""
    for folder in Path("/proc").iterdir():
        try:
            if package.encode() in (folder / "environ").read_bytes() and b".exe" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    raise SystemExit(main())
