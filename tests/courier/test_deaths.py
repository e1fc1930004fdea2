"""kill -9 of the courier and of the farm, at every stage."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kill_table import Death, Scene, deaths, scene, try_death

FEW = [one for one in deaths() if one.stage in ("create", "render", "pull") and one.moment == "after its effect"]

Record = Callable[[str, object], None]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    yield from scene(tmp_path)


@pytest.mark.parametrize("death", FEW, ids=str)
def test_what_was_under_way_goes_on_after_a_sudden_death(death: Death, stage: Scene, record_property: Record) -> None:
    record_property("cell", f"kill -9 of the {death.victim}, {death.moment}|{death.stage}|{try_death(death, stage)}")


@pytest.mark.soak
@pytest.mark.parametrize("death", [death for death in deaths() if death not in FEW], ids=str)
def test_what_was_under_way_goes_on_after_any_sudden_death(death: Death, stage: Scene, record_property: Record) -> None:
    record_property("cell", f"kill -9 of the {death.victim}, {death.moment}|{death.stage}|{try_death(death, stage)}")
