"""What the fuzzer kept is read without a surprise, and quickly."""

import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import seeds  # noqa: E402  found by its folder, as the fuzzer finds it
import targets  # noqa: E402

LIMIT_SECONDS = 5.0


@pytest.mark.parametrize("name", sorted(targets.TARGETS))
def test_the_fuzzer_found_nothing_that_surprises_a_reader(name: str) -> None:
    kept = [each.read_bytes() for each in sorted((HERE / "corpus" / name).iterdir())]
    assert len(kept) >= 5
    for data in [*kept, *seeds.seeds_of(name)]:
        began = time.process_time()
        targets.TARGETS[name](data)
        assert time.process_time() - began < LIMIT_SECONDS
