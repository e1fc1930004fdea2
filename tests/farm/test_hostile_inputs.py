"""Every hostile input of the table in docs/security.md is handled, and in time."""

import time
from collections import defaultdict
from pathlib import Path

import hostile_inputs
import pytest

AREAS = sorted({each.area for each in hostile_inputs.every_input()})


@pytest.mark.parametrize("area", AREAS)
def test_every_hostile_input_is_refused_or_harmless(area: str, tmp_path: Path) -> None:
    findings = defaultdict(list)
    for number, each in enumerate(hostile_inputs.every_input()):
        if each.area != area:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        started = time.process_time()
        try:
            outcome = each.handle(folder)
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        if time.process_time() - started > hostile_inputs.SECONDS:
            outcome = "took too long"
        if outcome not in ("refused", "harmless"):
            findings[outcome[:200]].append(each.name)
    assert not findings


def test_the_table_has_at_least_nine_hundred_of_them() -> None:
    assert sum(1 for _ in hostile_inputs.every_input()) >= 900
