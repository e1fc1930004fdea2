"""`make matrix`: the tests of the scene, of what runs inside Blender and of its windows, in every Blender there is.

Writes the table in docs/compatibility.md from docs/compatibility.json, which holds what each part came to: a file of
tests in one Blender, or all that run inside it. A part that is there, and had no failure, is not run again until it is
removed there or named here: so a run that was stopped continues where it was.

    matrix.py [VERSION[/SUITE[/test_file.py]]…] [--seconds N]      begin no part after N seconds
"""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import blenders
import build_extension
import test_groups
from cache import BPY_PYTHONS, CHROOT_BLENDERS, ROOT
from test_groups import Outcome

PAGE = ROOT / "docs" / "compatibility.md"
RESULTS = PAGE.with_suffix(".json")
VERSIONS = sorted([*BPY_PYTHONS, *CHROOT_BLENDERS])
_HEAD = (
    "| Blender | build | suite | passed | failed | skipped | why skipped |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)
_TEXT = """# Compatibility

Farmhand runs in Blender 4.2.13 and newer. `make matrix` writes this table: it runs the tests in every Blender
that blender.org offers as a Python module, and in Debian's two builds, which have windows. Blender up to 5.0
includes Python 3.11, newer versions 3.13; Debian's builds use 3.13 and 3.14.

- *scene*: reading, checking and packing, compared with the pixels of real renders
- *inside*: buttons, panels and everything else that runs in Blender
- *windows*: clicks in a real window

"""
_LATER = """
`make test` covers 4.2, 5.2 and 5.3, `make soak` also 4.3 and 4.5, and `make matrix` all of them. It resumes where it
was stopped: `compatibility.json` has the result and the date of each part.
"""

Results = dict[str, dict[str, Any]]
"""VERSION/SUITE/PART → the members of an Outcome and the day."""


def main(words: list[str]) -> int:
    """Run the parts that are missing or named, and write the page; the exit code says whether a test failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    given = parser.parse_args(words)
    end = time.monotonic() + given.seconds
    try:
        build_extension.build_tests(build_extension.DIST)
    except subprocess.CalledProcessError as problem:
        print(f"The zips could not be built.\n{problem.stdout or ''}", file=sys.stderr)
        return 1
    failed = 0
    for part in [part for version in VERSIONS for part in _parts(version)]:
        results = _stored()
        is_named = any(f"{part}/".startswith(f"{word}/") for word in given.parts)
        is_done = part in results and not results[part]["failed"] and not results[part]["remark"]
        if (given.parts and not is_named) or (is_done and part not in given.parts):
            continue
        if time.monotonic() > end:
            print("Time limit reached; run `make matrix` again to continue.")
            break
        outcome = _try(part)
        failed += outcome.failed
        _store(part, outcome)
    _write(_stored())
    return 1 if failed else 0


def _parts(version: str) -> list[str]:
    """What can be tried of a Blender by itself, as VERSION/SUITE/FILE."""
    suites = ["scene", "windows"] if version in CHROOT_BLENDERS else ["scene"]
    files = [(suite, file.name) for suite in suites for file in sorted((ROOT / "tests" / suite).glob("test_*.py"))]
    return [f"{version}/inside/all", *(f"{version}/{suite}/{name}" for suite, name in files)]


def _try(part: str) -> Outcome:
    version, suite, name = part.split("/")
    remark = _missing(version)
    if remark:
        return Outcome(version, remark=remark)
    with tempfile.TemporaryDirectory(prefix="farmhand-matrix-") as folder:
        if suite == "inside":
            return test_groups.inside(version, Path(folder))
        label, only = part.replace("/", " "), {"FARMHAND_BLENDERS": version}
        return test_groups.outside(label, [ROOT / "tests" / suite / name], Path(folder), only)


def _missing(version: str) -> str:
    """Why this Blender cannot be tried here; empty when it can."""
    if version in CHROOT_BLENDERS:
        return "" if test_groups.is_here(version) else f"not on this machine: {test_groups.HOW_TO_GET_CHROOTS}"
    try:
        blenders.prepare_bpy(version)
    except blenders.NoPython as problem:
        return str(problem)
    except subprocess.CalledProcessError:
        return "could not be downloaded"
    return ""


def _stored() -> Results:
    return dict(json.loads(RESULTS.read_text(encoding="utf-8"))) if RESULTS.exists() else {}


def _store(part: str, outcome: Outcome) -> None:
    """Read anew: several may run at a time."""
    counts = {name: getattr(outcome, name) for name in ("passed", "failed", "skipped", "remark")}
    day = str(datetime.datetime.now(datetime.UTC).date())
    remark = "" if outcome.remark == "no tests" else outcome.remark
    result = {**counts, "remark": remark, "reasons": dict(outcome.reasons), "day": day}
    results = dict(sorted({**_stored(), part: result}.items()))
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(results: Results) -> None:
    """The page: a row for each suite of each Blender, from its parts."""
    rows = []
    for version in sorted(VERSIONS, key=lambda version: [int(part) for part in version.split(".")]):
        for suite in ("scene", "inside", "windows"):
            parts = [each for each in _parts(version) if each.split("/")[1] == suite]
            if parts:
                rows.append(_row(version, suite, [results.get(each, {"remark": "not tried"}) for each in parts]))
    day = f"\nLast written on {max((one['day'] for one in results.values()), default='no day')}.\n"
    PAGE.write_text(_TEXT + _HEAD + "".join(rows) + _LATER + day, encoding="utf-8")


def _row(version: str, suite: str, parts: list[dict[str, Any]]) -> str:
    build = "Debian" if version in CHROOT_BLENDERS else "blender.org"
    counts = [sum(part.get(name, 0) for part in parts) for name in ("passed", "failed", "skipped")]
    reasons: dict[str, int] = {}
    for part in parts:
        for reason, count in part.get("reasons", {}).items():
            reasons[reason] = reasons.get(reason, 0) + count
    why = [f"{_plain(reason)} ({count})" for reason, count in reasons.items()]
    remarks = sorted({part["remark"] for part in parts if part["remark"]})
    return f"| {version} | {build} | {suite} | {' | '.join(map(str, counts))} | {'; '.join([*why, *remarks])} |\n"


def _plain(reason: str) -> str:
    return reason.replace("|", "/").replace("\n", " ").strip()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
