"""Three people in two workspaces, in any order: no forbidden step of a job, and nobody sees anybody else's data."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from quick_engine import QuickFarm
from workspaces_machine import machine

QUICK_RUNS = 4
SOAK_RUNS = 500
PIECES = 10  # with a farm of its own each, so that they can run side by side
# No shrinking: each run depends on time as well as on what was drawn.
SETTINGS = settings(
    stateful_step_count=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(180)
def test_a_few_random_runs_break_no_rule(quick_farm: QuickFarm) -> None:
    _run(quick_farm, settings(SETTINGS, max_examples=QUICK_RUNS, derandomize=True))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("piece", range(PIECES))
def test_many_random_runs_break_no_rule(quick_farm: QuickFarm, piece: int) -> None:
    runs = SOAK_RUNS // PIECES
    tally = _run(quick_farm, settings(SETTINGS, max_examples=runs, print_blob=True))
    assert tally["runs"] >= runs


def _run(farm: QuickFarm, chosen: settings) -> dict[str, int]:
    tally: dict[str, int] = {}
    try:
        run_state_machine_as_test(machine(farm, tally), settings=chosen)
    finally:
        print(", ".join(f"{what}: {count}" for what, count in sorted(tally.items())))
    return tally
