"""Random faults, kills, restarts and wishes: whatever happens in whatever order, no invariant is violated.

The invariants stand in words in invariants.py and in docs/reliability.md.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import Adversity
from world import Service

QUICK_RUNS = 12
SOAK_RUNS = 500
# No shrinking: each run depends on time as well as on what was drawn, and a failure tells its own story.
SETTINGS = settings(
    stateful_step_count=10,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(180)
def test_no_invariant_is_violated_in_a_few_random_runs(service: Service) -> None:
    _run(service, settings(SETTINGS, max_examples=QUICK_RUNS, stateful_step_count=5, derandomize=True))


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_no_invariant_is_violated_in_many_random_runs(service: Service) -> None:
    _run(service, settings(SETTINGS, max_examples=SOAK_RUNS, print_blob=True))
    assert service.tally["runs"] >= SOAK_RUNS


def _run(service: Service, chosen: settings) -> None:
    machine = type("Adversity", (Adversity,), {"service": service})
    try:
        run_state_machine_as_test(machine, settings=chosen)
    finally:
        print(", ".join(f"{what}: {count}" for what, count in sorted(service.tally.items())))
