"""Packing at the edges: libraries in a circle, files that vanish, choices that the API has no field for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HERE, Blender


@pytest.fixture(scope="session")
def answers(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("edges")
    blender.run(HERE / "edge_scenes.py", str(folder))
    return dict(json.loads((folder / "answers.json").read_text()))


@pytest.mark.timeout(300)
def test_libraries_that_link_each_other_are_each_sent_once(answers: dict[str, object]) -> None:
    assert answers["circle"] == ["files/a.blend", "files/b.blend", "main.blend"]


@pytest.mark.timeout(300)
def test_a_file_that_vanishes_after_the_check_ends_packing_with_its_name(answers: dict[str, object]) -> None:
    assert "was there a moment ago" in str(answers["vanished"])


@pytest.mark.timeout(300)
def test_nothing_is_left_of_a_package_that_could_not_be_made(answers: dict[str, object]) -> None:
    assert answers["left_over"] == []


@pytest.mark.timeout(300)
def test_the_open_file_stays_as_it_was(answers: dict[str, object]) -> None:
    assert answers["untouched"] == answers["before"]


@pytest.mark.timeout(300)
def test_camera_scene_and_view_layer_are_chosen_in_the_copy(
    answers: dict[str, object], blender: Blender, unpack: Callable[[Path, Path], Path], tmp_path: Path
) -> None:
    blend = unpack(Path(str(answers["chosen"])), tmp_path / "bare")
    assert blender.do(tmp_path, ["chosen", str(blend)]) == [{"scene": "Second", "camera": "Side", "layers": ["Fog"]}]
