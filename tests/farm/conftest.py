"""A farm that renders at once, and people with keys of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from people import Person
from quick_engine import QuickFarm
from running_farm import RunningFarm


@pytest.fixture
def start_quick_farm(tmp_path: Path) -> Iterator[Callable[..., QuickFarm]]:
    """Call to start one; settings of the farm as keywords."""
    farms: list[QuickFarm] = []

    def start(**settings: Any) -> QuickFarm:
        farms.append(QuickFarm(tmp_path / f"farm{len(farms)}", **settings))
        return farms[-1]

    yield start
    for farm in farms:
        farm.stop()


@pytest.fixture
def quick_farm(start_quick_farm: Callable[..., QuickFarm]) -> QuickFarm:
    return start_quick_farm()


@pytest.fixture
def person() -> Iterator[Callable[..., Person]]:
    """Call with a farm, a name, and words of `farmhand farm keys create`."""
    people: list[Person] = []

    def create(farm: RunningFarm, name: str, *words: str) -> Person:
        people.append(Person(farm, name, *words))
        return people[-1]

    yield create
    for each in people:
        each.api.close()
