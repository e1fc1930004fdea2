"""`make test`: every test that can run on this machine, then one plain summary; exits non-zero on any failure.

1. tests/            in .venv, without a Blender of its own or with the ones that fixtures start
2. tests/blender/    inside each Blender that is here, by pytest-blender, with the built zip installed
3. tests/windows/    in the windows of Debian's Blenders, under Xvfb

The first goes on beside the other two, one after the other: most of its time it waits, for time limits that are tried.
What each group prints is shown when it has ended.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import blenders
import build_extension
import install_extension
from cache import CHROOT_BLENDERS, ROOT, bpy_python, chroot_blender

INSIDE_BPY = ("4.2.23", "5.0.1")
HOW_TO_GET_CHROOTS = "run `make blender` as root on Debian"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one group of tests came to.  seconds: wall clock; remark: why it did not run, or how it ended."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    remark: str = ""


def main() -> int:
    """Run all groups, print the summary, and say by the exit code whether all is well."""
    if build_extension.main() != 0:
        return 1
    with tempfile.TemporaryDirectory(prefix="farmhand-tests-") as folder:
        temporary = Path(folder)
        with ThreadPoolExecutor(1) as beside:
            outside = beside.submit(_outside, "tests", ROOT / "tests", temporary)
            in_blender = [_inside_bpy(version, temporary) for version in INSIDE_BPY]
            in_blender += [_inside_chroot(version, temporary) for version in CHROOT_BLENDERS]
            in_blender.append(_windows(temporary))
            outcomes = [outside.result(), *in_blender]
    return _summary(outcomes)


def _outside(name: str, folder: Path, temporary: Path) -> Outcome:
    return _pytest(name, ["-m", "not soak", str(folder)], temporary, {})


def _inside_bpy(version: str, temporary: Path) -> Outcome:
    """Tests inside `bpy`, behind a stand-in that takes Blender's arguments."""
    name = f"inside bpy {version}"
    if not _tests_in("blender"):
        return Outcome(name, remark="no tests")
    try:
        blenders.prepare_bpy(version)
    except subprocess.CalledProcessError:
        return Outcome(
            name, skipped=1, remark="skipped: bpy could not be downloaded; run `make blender` with a network"
        )
    python = bpy_python(version)
    stand_in = temporary / f"bpy-{version}"
    stand_in.write_text(f'#!/bin/sh\nexec "{python}" "{ROOT}/tools/bpy_as_blender.py" "$@"\n', encoding="utf-8")
    stand_in.chmod(0o755)
    return _inside(name, [str(python)], stand_in, temporary)


def _inside_chroot(version: str, temporary: Path) -> Outcome:
    """Tests inside the background of a whole Blender."""
    name = f"inside Blender {version}"
    if not _tests_in("blender"):
        return Outcome(name, remark="no tests")
    if not chroot_blender(version).exists():
        return Outcome(name, skipped=1, remark=f"skipped: not on this machine; {HOW_TO_GET_CHROOTS}")
    return _inside(name, [str(chroot_blender(version))], chroot_blender(version), temporary)


def _inside(name: str, command: list[str], executable: Path, temporary: Path) -> Outcome:
    profile = temporary / f"profile of {executable.name}"
    try:
        install_extension.install(command, build_extension.test_zip(), profile)
    except subprocess.CalledProcessError as problem:
        print(problem.stdout)
        return Outcome(name, failed=1, remark="the built zip could not be installed")
    folder = ROOT / "tests" / "blender"
    arguments = ["--blender-executable", str(executable), "-c", str(folder / "pytest.ini"), str(folder)]
    # pytest-blender 3.0.8 reads its options in a way that pytest 9 warns about, before any filter of pytest works.
    quiet = {"PYTHONWARNINGS": "ignore:config.inicfg is deprecated"}
    return _pytest(name, arguments, temporary, {"BLENDER_USER_RESOURCES": str(profile), **quiet})


def _windows(temporary: Path) -> Outcome:
    name = "in Blender's windows"
    if not _tests_in("windows"):
        return Outcome(name, remark="no tests")
    if not any(chroot_blender(version).exists() for version in CHROOT_BLENDERS) or not shutil.which("Xvfb"):
        return Outcome(name, skipped=1, remark=f"skipped: no Blender with windows here; {HOW_TO_GET_CHROOTS}")
    return _outside(name, ROOT / "tests" / "windows", temporary)


def _pytest(name: str, arguments: list[str], temporary: Path, environment: dict[str, str]) -> Outcome:
    """Run one pytest, show what it printed, and read the counts from its report."""
    print(f"=== {name}: begun", flush=True)
    report = temporary / f"{name}.xml"
    started = time.monotonic()
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--quiet",
            "-rs",
            "--durations=12",
            "--durations-min=2",
            "--junitxml",
            str(report),
            *arguments,
        ],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    print(f"\n=== {name}\n{process.stdout}", flush=True)
    seconds = time.monotonic() - started
    if process.returncode == 5:  # pytest's word for "no tests collected"
        return Outcome(name, seconds=seconds, remark="no tests")
    if not report.exists():
        return Outcome(name, failed=1, seconds=seconds, remark=f"ended with code {process.returncode} and no report")
    return _read(name, report, seconds, process.returncode)


def _read(name: str, report: Path, seconds: float, code: int) -> Outcome:
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ElementTree.parse(report).iter("testsuite"):
        for count in counts:
            counts[count] += int(suite.get(count, 0))
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    if code != 0 and failed == 0:
        return Outcome(name, passed, 1, counts["skipped"], seconds, f"ended with code {code}")
    return Outcome(name, passed, failed, counts["skipped"], seconds)


def _tests_in(folder: str) -> bool:
    return any((ROOT / "tests" / folder).glob("test_*.py"))


def _summary(outcomes: list[Outcome]) -> int:
    print("\n=== Summary")
    for outcome in outcomes:
        counts = f"{outcome.passed:4} passed {outcome.failed:3} failed {outcome.skipped:3} skipped"
        print(f"{outcome.name:24} {counts} {outcome.seconds:6.0f} s  {outcome.remark}".rstrip())
    failed = sum(outcome.failed for outcome in outcomes)
    passed, skipped = sum(o.passed for o in outcomes), sum(o.skipped for o in outcomes)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
