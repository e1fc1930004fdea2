"""`make test`: every test that can run on this machine, then one plain summary; exits non-zero on any failure.

1. tests/            in .venv, without a Blender of its own or with the ones that fixtures start; in five groups
2. tests/blender/    inside Blender 5.3 and, but for what is marked long, 4.2, by pytest-blender, with the built zip
                     installed (--soak: the rest of 4.2, and 4.5 and 5.2)
3. tests/windows/    in the windows of Debian's Blender 5.2, under Xvfb
4. a part of tests/   in the Windows Python that `make windows` prepares, where it is there

Four groups run at a time: much of their time they wait, for Blenders to start and for time limits that are tried.
Where few tests fail, they run once more by themselves: what passes then counts as passed, and the summary names it.
What each group prints is shown when it has ended. With names of Blenders as arguments only the second, in these:

.venv/bin/python tools/run_tests.py 5.3.0 [-k WORD]        WORD: as pytest takes it, such as a part of a test's name
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import build_extension
import test_groups
import windows_tests
from blenders import TESTED_BPY
from cache import CHROOT_BLENDERS, ROOT
from test_groups import Outcome

FEW = 10
OLDEST, NEWEST = TESTED_BPY[0], TESTED_BPY[-1]
_DEBIANS = list(CHROOT_BLENDERS)[-1]
BETWEEN = (*TESTED_BPY[1:-1], _DEBIANS if test_groups.is_here(_DEBIANS) else "5.2.3")


def main() -> int:
    """Run all groups, print the summary, and say by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description="Run the tests.")
    parser.add_argument("blenders", nargs="*", metavar="BLENDER", help="only the tests inside these, as in 5.3.0")
    parser.add_argument("-k", dest="word", default="", help="of these, the ones that match, as in pytest")
    parser.add_argument("--soak", action="store_true", help="only the tests inside Blender that `make test` leaves out")
    wanted = parser.parse_args()
    if wanted.word and not wanted.blenders:
        parser.error("-k goes with a Blender, as in 5.3.0 -k word; outside of Blender use pytest itself")
    try:
        build_extension.build_tests(build_extension.DIST)
    except subprocess.CalledProcessError as problem:
        print(f"The zips could not be built.\n{problem.stdout or ''}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="farmhand-tests-") as folder:
        temporary = Path(folder)
        if wanted.blenders:
            return _summary([test_groups.inside(each, temporary, wanted.word) for each in wanted.blenders])
        if wanted.soak:
            between = [test_groups.inside(each, temporary) for each in BETWEEN]
            return _summary([test_groups.inside(OLDEST, temporary, marked="long"), *between])
        groups = _groups(temporary)
        with ThreadPoolExecutor(4) as four_at_a_time:
            outcomes = list(four_at_a_time.map(lambda group: group(), groups))
        outcomes = [_once_more(*each) for each in zip(groups, outcomes, strict=True)]
    return _summary(outcomes)


def _groups(temporary: Path) -> list[Callable[..., Outcome]]:
    """The longest first, so that all lanes end at about the same time."""
    tests = ROOT / "tests"
    courier = [tests / name for name in ("courier", "documented_service")]
    client = [tests / name for name in ("cli", "client", "cluster", "contract")]
    farm, scene = tests / "farm", tests / "scene"
    return [
        partial(test_groups.windows, temporary),
        partial(test_groups.outside, "tests of the farm", [farm], temporary, processes=2),
        partial(test_groups.outside, "tests of client and cluster", client, temporary),
        partial(test_groups.outside, "tests of the courier", courier, temporary),
        partial(test_groups.outside, "tests of scenes", [scene], temporary),
        partial(test_groups.outside, "other tests", [tests], temporary, without=[*courier, *client, farm, scene]),
        partial(test_groups.inside, NEWEST, temporary),
        partial(test_groups.inside, OLDEST, temporary, marked="not long"),
        partial(windows_tests.quick, temporary),
    ]


def _once_more(group: Callable[..., Outcome], first: Outcome) -> Outcome:
    """What few tests come to by themselves when they failed beside the other groups; the summary names them."""
    if not 0 < len(first.failures) <= FEW:
        return first
    second = group(again=True)
    if second.failed or second.passed < first.failed:
        return first
    names = tuple(f"{each} (passed by itself)" for each in first.failures)
    return replace(first, passed=first.passed + first.failed, failed=0, failures=names)


def _summary(outcomes: list[Outcome]) -> int:
    print("\n=== Summary")
    for outcome in outcomes:
        counts = f"{outcome.passed:4} passed {outcome.failed:3} failed {outcome.skipped:3} skipped"
        print(f"{outcome.name:27} {counts} {outcome.seconds:6.0f} s  {outcome.remark}".rstrip())
    for outcome in outcomes:
        for failure in outcome.failures:
            print(f"failed: {failure}")
    failed = sum(outcome.failed for outcome in outcomes)
    passed, skipped = sum(o.passed for o in outcomes), sum(o.skipped for o in outcomes)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
