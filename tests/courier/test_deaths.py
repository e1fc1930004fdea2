"""kill -9 of the courier, of the farm and of Blender, at every stage."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fault_table import STAGES
from kill_table import MOMENTS, Death, Scene, deaths, scene, try_death, try_death_of_blender
from pressing import Press

FEW = [one for one in deaths() if one.stage in ("create", "render", "pull") and one.moment == "after its effect"]

Record = Callable[[str, object], None]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    yield from scene(tmp_path)


@pytest.fixture
def press(
    stage: Scene,
    blender_command: list[str],
    installed_extension: Callable[[list[str]], dict[str, str]],
    scene_file: Callable[..., Path],
) -> Iterator[Callable[[], Press]]:
    """Call to press *Render in Cloud* in a Blender of its own, for three frames at the farm behind the proxy."""
    presses: list[Press] = []
    stage.courier.home.folder.mkdir()

    def start() -> Press:
        ours = {"FARMHAND_SERVER": stage.courier.url, "FARMHAND_API_KEY": stage.courier.key}
        environment = {**installed_extension(blender_command), **ours}
        home, output = stage.courier.home.folder, stage.courier.output
        presses.append(Press(blender_command, scene_file("animated"), home, output, environment, "1-3"))
        return presses[-1]

    yield start
    for one in presses:
        one.kill()


@pytest.mark.parametrize("death", FEW, ids=str)
def test_what_was_under_way_goes_on_after_a_sudden_death(death: Death, stage: Scene, record_property: Record) -> None:
    record_property("cell", f"kill -9 of the {death.victim}, {death.moment}|{death.stage}|{try_death(death, stage)}")


@pytest.mark.soak
@pytest.mark.parametrize("death", [death for death in deaths() if death not in FEW], ids=str)
def test_what_was_under_way_goes_on_after_any_sudden_death(death: Death, stage: Scene, record_property: Record) -> None:
    record_property("cell", f"kill -9 of the {death.victim}, {death.moment}|{death.stage}|{try_death(death, stage)}")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    "place", [pytest.param(name, marks=() if name == "render" else pytest.mark.soak) for name in STAGES]
)
def test_what_was_submitted_goes_on_after_the_sudden_death_of_blender(
    place: str, moment: str, stage: Scene, press: Callable[[], Press], record_property: Record
) -> None:
    outcome = try_death_of_blender(place, moment, stage, press)
    record_property("cell", f"kill -9 of Blender, {moment}|{place}|{outcome}")
