"""Runs every cell of the fault table and writes what came of it into docs/reliability.md.

.venv/bin/python tools/write_fault_table.py        takes some minutes
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from pathlib import Path

from cache import ROOT

PAGE = ROOT / "docs" / "reliability.md"
TESTS = ("test_fault_table.py", "test_deaths.py", "test_full_disk.py")
STAGES = ("upload link", "upload", "create", "validate", "render", "poll", "links", "pull")
BEGIN, END = "<!-- fault table: written by tools/write_fault_table.py -->", "<!-- end of the fault table -->"
Table = dict[str, dict[str, str]]


def main() -> int:
    """Run the tests; the page is written only when all of them passed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        tests = [ROOT / "tests" / "courier" / name for name in TESTS]
        command = [sys.executable, "-m", "pytest", "-q", *tests, f"--junitxml={report}", f"--basetemp={folder}/tests"]
        command += ["-o", "junit_family=xunit1"]
        code = subprocess.run(command, check=False).returncode
        if code:
            return code
        _write(_read(report))
    return 0


def _read(report: Path) -> Table:
    table: Table = defaultdict(dict)
    for found in ElementTree.parse(report).iter("property"):
        if found.get("name") == "cell":
            fault, stage, outcome = str(found.get("value")).split("|")
            table[fault][stage] = outcome
    return table


def _write(table: Table) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{_text(table)}\n\n{END}{after}", encoding="utf-8")


def _text(table: Table) -> str:
    counts = Counter(outcome.partition(":")[0] for row in table.values() for outcome in row.values())
    summary = (
        f"{sum(counts.values())} cells tested: {counts['recovered']} recovered automatically, "
        f"{counts['stopped']} stopped with a clear message and continued after *Retry*, 0 lost anything."
    )
    lines = [
        summary,
        "",
        f"| fault | {' | '.join(STAGES)} |",
        "|---" * (len(STAGES) + 1) + "|",
    ]
    lines += [
        f"| {fault} | {' | '.join(_cell(row.get(stage, '')) for stage in STAGES)} |" for fault, row in table.items()
    ]
    return "\n".join(lines)


def _cell(outcome: str) -> str:
    return "✓" if outcome == "recovered" else outcome.removeprefix("stopped: ").replace("_", " ") or "–"


if __name__ == "__main__":
    raise SystemExit(main())
