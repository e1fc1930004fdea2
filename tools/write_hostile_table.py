"""Tries every hostile input and writes what came of it into docs/security.md.

.venv/bin/python tools/write_hostile_table.py        takes a minute
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from cache import ROOT

sys.path[:0] = [str(ROOT / "tests" / "support")]

import hostile_inputs  # noqa: E402

PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- hostile inputs: written by tools/write_hostile_table.py -->", "<!-- end of the hostile inputs -->"


def main() -> int:
    """Returns 1 when an input was not handled; the page is written in any case."""
    counts = Counter[tuple[str, str]]()
    slowest = Counter[str]()
    with tempfile.TemporaryDirectory() as base:
        for number, each in enumerate(hostile_inputs.every_input()):
            folder = Path(base, str(number))
            folder.mkdir()
            started = time.process_time()
            try:
                outcome = each.handle(folder)
            except Exception as error:
                outcome = "finding"
                print(f"{each.area}: {each.name}: {type(error).__name__}: {error}", file=sys.stderr)
            seconds = time.process_time() - started
            if seconds > hostile_inputs.SECONDS:
                outcome = "finding"
                print(f"{each.area}: {each.name}: {seconds:.1f} s", file=sys.stderr)
            counts[each.area, outcome] += 1
            slowest[each.area] = max(slowest[each.area], int(1000 * seconds))
    _write(counts, slowest)
    return 1 if any(outcome == "finding" for _, outcome in counts) else 0


def _write(counts: Counter[tuple[str, str]], slowest: Counter[str]) -> None:
    lines = ["| area | inputs | refused | harmless | findings | slowest |", "|---|---|---|---|---|---|"]
    outcomes = ("refused", "harmless", "finding")
    for area in dict.fromkeys(area for area, _ in counts):
        row = [counts[area, outcome] for outcome in outcomes]
        lines.append(f"| {area} | {sum(row)} | {' | '.join(map(str, row))} | {slowest[area]} ms |")
    totals = [sum(count for (_, found), count in counts.items() if found == outcome) for outcome in outcomes]
    lines.append(f"| **all** | **{sum(totals)}** | {' | '.join(map(str, totals))} | {max(slowest.values())} ms |")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    raise SystemExit(main())
