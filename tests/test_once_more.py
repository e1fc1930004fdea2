"""`make test` gives few failures a second chance by themselves, and hides none of them."""

from functools import partial
from pathlib import Path

import run_tests
import test_groups
from test_groups import Outcome

FLAKY = """
from pathlib import Path

def test_fails_the_first_time():
    mark = Path(__file__).with_name("mark")
    was_here = mark.exists()
    mark.touch()
    assert was_here, "the first time"

def test_passes():
    pass
"""
BROKEN = """
def test_never_passes():
    assert 1 == 2
"""


def tried(tmp_path: Path, **files: str) -> Outcome:
    """Both tries, as the summary has them."""
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:pytest-blender\n", encoding="utf-8")
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    group = partial(test_groups.outside, "a group", [folder], tmp_path)
    return run_tests._once_more(group, group())


def test_what_passes_by_itself_is_passed_and_named(tmp_path: Path) -> None:
    outcome = tried(tmp_path, flaky=FLAKY)
    assert (outcome.passed, outcome.failed) == (2, 0)
    (failure,) = outcome.failures
    assert failure.endswith("::test_fails_the_first_time: AssertionError: the first time (passed by itself)")


def test_what_fails_twice_has_failed(tmp_path: Path) -> None:
    outcome = tried(tmp_path, flaky=FLAKY, broken=BROKEN)
    assert (outcome.passed, outcome.failed) == (1, 2)
    assert len(outcome.failures) == 2


def test_many_failures_are_no_accident(tmp_path: Path) -> None:
    outcome = tried(tmp_path, **{f"broken{number}": BROKEN for number in range(run_tests.FEW + 1)})
    assert outcome.failed == run_tests.FEW + 1
