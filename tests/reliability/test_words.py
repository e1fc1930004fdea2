"""The invariants that are checked are the ones that the documentation names."""

from pathlib import Path

from invariants import ALWAYS, AT_THE_END

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_the_documentation_lists_the_invariants_in_their_own_words() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Invariants")[2].partition("\n## ")[0]
    listed = [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]
    assert listed == [(holds.__doc__ or "").splitlines()[0] for holds in (*ALWAYS, *AT_THE_END)]
