"""The groups of tests that one pytest runs, and what each came to."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import blenders
import build_extension
from cache import BPY_PYTHONS, CHROOT_BLENDERS, ROOT, bpy_python, chroot_blender
from zips import install_extension
from zips.wheels import FARMHAND, NODE

HOW_TO_GET_CHROOTS = "run `make blender` as root on Debian"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one group of tests came to.

    seconds: wall clock; remark: why it did not run, or how it ended; reasons: why tests were skipped, with their count;
    failures: each test that failed, with the first line of its error.
    """

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    remark: str = ""
    reasons: tuple[tuple[str, int], ...] = ()
    failures: tuple[str, ...] = ()


def is_here(version: str) -> bool:
    """Whether this Blender has been prepared."""
    return (chroot_blender(version) if version in CHROOT_BLENDERS else bpy_python(version)).exists()


def outside(
    name: str,
    folders: Sequence[Path],
    temporary: Path,
    environment: Mapping[str, str] | None = None,
    *,
    without: Sequence[Path] = (),
    processes: int = 0,
    again: bool = False,
) -> Outcome:
    """Tests in .venv, which start what they need by themselves.

    Args:
        name: of the group, as the summary shows it.
        folders: of tests.
        temporary: a folder for the report.
        environment: to be set besides.
        without: folders below to leave out.
        processes: that share the files of tests; 0 for none but pytest's own.
        again: only what failed the last time.
    """
    left_out = [f"--ignore={folder}" for folder in without]
    shared = ["-n", str(processes), "--dist", "loadfile"] if processes else []
    arguments = ["-m", "not soak", *shared, *left_out, *map(str, folders)]
    return _pytest(name, arguments, temporary, environment or {}, again=again)


def inside(version: str, temporary: Path, word: str = "", *, marked: str = "", again: bool = False) -> Outcome:
    """tests/blender inside the background of a whole Blender, or inside bpy. word, marked, again: which of them."""
    which = ["-k", word, "-m", marked]
    return (_inside_chroot if version in CHROOT_BLENDERS else _inside_bpy)(version, temporary, which, again)


def _inside_bpy(version: str, temporary: Path, which: Sequence[str], again: bool) -> Outcome:
    """Behind a stand-in that takes Blender's arguments."""
    name = f"inside bpy {version}"
    try:
        blenders.prepare_bpy(version)
    except blenders.NoPython:
        return Outcome(name, skipped=1, remark=f"skipped: there is no Python {BPY_PYTHONS[version]} on this machine")
    except subprocess.CalledProcessError:
        remark = "skipped: bpy could not be downloaded; run `make blender` with a network"
        return Outcome(name, skipped=1, remark=remark)
    python = bpy_python(version)
    stand_in = temporary / f"bpy-{version}"
    stand_in.write_text(f'#!/bin/sh\nexec "{python}" "{ROOT}/tools/bpy_as_blender.py" "$@"\n', encoding="utf-8")
    stand_in.chmod(0o755)
    return _inside(name, [str(python)], stand_in, temporary, which, again)


def _inside_chroot(version: str, temporary: Path, which: Sequence[str], again: bool) -> Outcome:
    name = f"inside Blender {version}"
    if not is_here(version):
        return Outcome(name, skipped=1, remark=f"skipped: not on this machine; {HOW_TO_GET_CHROOTS}")
    return _inside(name, [str(chroot_blender(version))], chroot_blender(version), temporary, which, again)


def _inside(
    name: str, command: list[str], executable: Path, temporary: Path, which: Sequence[str], again: bool
) -> Outcome:
    profile = temporary / f"profile of {executable.name}"
    try:
        for bundle in (FARMHAND, NODE):
            install_extension.install(command, build_extension.test_zip(bundle=bundle), profile)
    except subprocess.CalledProcessError as problem:
        print(problem.stdout)
        return Outcome(name, failed=1, remark="a built zip could not be installed")
    folder = ROOT / "tests" / "blender"
    arguments = ["--blender-executable", str(executable), "-c", str(folder / "pytest.ini"), *which, str(folder)]
    # pytest-blender 3.0.8 reads its options in a way that pytest 9 warns about, before any filter of pytest works.
    quiet = {"PYTHONWARNINGS": "ignore:config.inicfg is deprecated"}
    return _pytest(name, arguments, temporary, {"BLENDER_USER_RESOURCES": str(profile), **quiet}, again=again)


def windows(
    temporary: Path,
    environment: Mapping[str, str] | None = None,
    name: str = "in Blender's windows",
    *,
    again: bool = False,
) -> Outcome:
    """tests/windows, in each Blender that has windows."""
    if not any(map(is_here, CHROOT_BLENDERS)) or not shutil.which("Xvfb"):
        return Outcome(name, skipped=1, remark=f"skipped: no Blender with windows here; {HOW_TO_GET_CHROOTS}")
    return outside(name, [ROOT / "tests" / "windows"], temporary, environment, again=again)


def _temporary_files(temporary: Path) -> dict[str, str]:
    """What is killed leaves its temporary files; folders of tests that fail stay where pytest has them."""
    return {**dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)), "PYTEST_DEBUG_TEMPROOT": tempfile.gettempdir()}


def _pytest(
    name: str, arguments: list[str], temporary: Path, environment: Mapping[str, str], *, again: bool = False
) -> Outcome:
    """Run one pytest, show what it printed, and read the counts from its report."""
    print(f"=== {name}: begun" + (" again" if again else ""), flush=True)
    report = temporary / f"{name}.xml"
    options = ["--quiet", "-rs", "--durations=12", "--durations-min=2", "--junitxml", str(report)]
    options += ["-o", f"cache_dir={temporary / name}.cache", *(["--last-failed"] if again else [])]
    started = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=ROOT,
        env={**os.environ, **_temporary_files(temporary), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    print(f"\n=== {name}\n{process.stdout}", flush=True)
    seconds = time.monotonic() - started
    if process.returncode == 5 and not again:  # pytest's word for "no tests collected"
        return Outcome(name, seconds=seconds, remark="no tests")
    if not report.exists():
        return Outcome(name, failed=1, seconds=seconds, remark=f"ended with code {process.returncode} and no report")
    return read_report(name, report, seconds, process.returncode)


def read_report(name: str, report: Path, seconds: float, code: int) -> Outcome:
    """The counts in a report of pytest's. code: with which it ended."""
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    reasons: dict[str, int] = {}
    for suite in ElementTree.parse(report).iter("testsuite"):
        for count in counts:
            counts[count] += int(suite.get(count, 0))
        for skip in suite.iter("skipped"):
            reason = skip.get("message", "")
            reasons[reason] = reasons.get(reason, 0) + 1
    failures = tuple(each for case in ElementTree.parse(report).iter("testcase") for each in _failures(case))
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    remark = ""
    if code != 0 and failed == 0:
        failed, remark = 1, f"ended with code {code}"
    return Outcome(name, passed, failed, counts["skipped"], seconds, remark, tuple(reasons.items()), failures)


def _failures(case: ElementTree.Element) -> Iterator[str]:
    for kind in ("failure", "error"):
        for each in case.iter(kind):
            first_line = (each.get("message") or "").strip().partition("\n")[0]
            yield f"{case.get('file') or case.get('classname')}::{case.get('name')}: {first_line}"
