"""`make matrix`: the tests of the scene, of what runs inside Blender and of its windows, in every Blender there is.

Writes the table in docs/compatibility.md. Blenders that this machine has no Python for, or that are not prepared, are
rows that say so. With versions as arguments only these are tried, and the other rows stay as they are.
"""

import datetime
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import blenders
import build_extension
import test_groups
from cache import BPY_PYTHONS, CHROOT_BLENDERS, ROOT
from test_groups import Outcome

PAGE = ROOT / "docs" / "compatibility.md"
VERSIONS = sorted([*BPY_PYTHONS, *CHROOT_BLENDERS])
_HEAD = (
    "| Blender | build | suite | passed | failed | skipped | why skipped |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)
_TEXT = """# Compatibility

Farmhand runs in Blender 4.2.13 and newer. This table is written by `make matrix`, which runs the tests in every Blender
that blender.org offers as a Python module and in the two that Debian builds, which have windows. Blenders up to 5.0
bring Python 3.11, newer ones 3.13, and Debian's bring 3.13 and 3.14.

- *scene*: what is read, checked and packed, compared with the pixels of real renders
- *inside*: buttons, panels and everything else that runs in Blender
- *windows*: clicks in a real window

"""


def main(wanted: list[str]) -> int:
    """Try each Blender and write the page; the exit code says whether a test failed."""
    try:
        build_extension.build_test(build_extension.DIST)
    except subprocess.CalledProcessError as problem:
        print(f"The zip could not be built.\n{problem.stdout or ''}", file=sys.stderr)
        return 1
    rows = _rows_there()
    failed = 0
    for version in wanted or VERSIONS:
        outcomes = _try(version)
        failed += sum(outcome.failed for outcome in outcomes.values())
        rows[version] = "".join(_row(version, suite, outcome) for suite, outcome in outcomes.items())
        _write(rows)
    return 1 if failed else 0


def _try(version: str) -> dict[str, Outcome]:
    """Suite → outcome."""
    remark = _missing(version)
    if remark:
        return {"all": Outcome(version, remark=remark)}
    only = {"FARMHAND_BLENDERS": version}
    with tempfile.TemporaryDirectory(prefix="farmhand-matrix-") as folder:
        temporary = Path(folder)
        outcomes = {
            "scene": test_groups.outside(f"scene with {version}", [ROOT / "tests" / "scene"], temporary, only),
            "inside": test_groups.inside(version, temporary),
        }
        if version in CHROOT_BLENDERS:
            outcomes["windows"] = test_groups.windows(temporary, only, f"windows of {version}")
    return outcomes


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


def _row(version: str, suite: str, outcome: Outcome) -> str:
    build = "Debian" if version in CHROOT_BLENDERS else "blender.org"
    reasons = "; ".join(f"{_plain(reason)} ({count})" for reason, count in outcome.reasons) or outcome.remark
    counts = f"{outcome.passed} | {outcome.failed} | {outcome.skipped}"
    return f"| {version} | {build} | {suite} | {counts} | {reasons} |\n"


def _plain(reason: str) -> str:
    return reason.replace("|", "/").replace("\n", " ").strip()


def _rows_there() -> dict[str, str]:
    """Version → its lines in the page as it stands."""
    rows: dict[str, str] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else ():
        found = re.match(r"\| (\d[\d.]+) \|", line)
        if found:
            rows[found[1]] = rows.get(found[1], "") + f"{line}\n"
    return rows


def _write(rows: dict[str, str]) -> None:
    order = sorted(rows, key=lambda version: [int(part) for part in version.split(".")])
    day = f"\nLast written on {datetime.datetime.now(datetime.UTC).date()}.\n"
    PAGE.write_text(_TEXT + _HEAD + "".join(rows[version] for version in order) + day, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
