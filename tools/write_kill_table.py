"""Kills farm and workers at 50 random moments of a job and writes what came of it into docs/reliability.md.

.venv/bin/python tools/write_kill_table.py [REPORT]     REPORT: junit XML of such a run; without one, it takes a quarter
                                                        of an hour
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from cache import ROOT

PAGE = ROOT / "docs" / "reliability.md"
TEST = ROOT / "tests" / "farm" / "test_kill_moments.py"
BEGIN, END = "<!-- kill moments: written by tools/write_kill_table.py -->", "<!-- end of the kill moments -->"


def main(words: list[str]) -> int:
    """Run the test where there is no report; the page is written only when all of them passed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(words[0] if words else f"{folder}/report.xml")
        if not words:
            command = [sys.executable, "-m", "pytest", "-q", "-m", "soak or not soak", TEST, f"--junitxml={report}"]
            code = subprocess.run([*command, "-o", "junit_family=xunit1"], check=False).returncode
            if code:
                return code
        suite = ElementTree.parse(report).getroot().find("testsuite")
        assert suite is not None
        if int(suite.get("failures", "1")) or int(suite.get("errors", "1")):
            return 1
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{_text(suite)}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


def _text(suite: ElementTree.Element) -> str:
    moments: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for found in suite.iter("property"):
        if found.get("name") == "death":
            _, victim, moment, frames = str(found.get("value")).split("|")
            moments[victim].append((float(moment), int(frames)))
    count = sum(map(len, moments.values()))
    lines = [
        (
            f"{count} deaths ({time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores): {count} jobs completed, 60 frames "
            "each, every one delivered once and byte for byte what Blender renders alone."
        ),
        "",
        "| killed | times | seconds after the start of validation | frames that were delivered by then |",
        "|---|---|---|---|",
    ]
    for victim, seen in moments.items():
        lines.append(f"| {victim} | {len(seen)} | {_range(s for s, _ in seen)} | {_range(f for _, f in seen)} |")
    return "\n".join(lines)


def _range(values: Iterable[float]) -> str:
    numbers = sorted(values)
    return f"{numbers[0]:.3g} to {numbers[-1]:.3g}, median {statistics.median(numbers):.3g}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
