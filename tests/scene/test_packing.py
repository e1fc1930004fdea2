"""Packing at the edges: libraries in a circle, files that vanish, choices that the API has no field for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import HERE, VERSIONS, Blender, blender_of


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
    assert "can no longer be read" in str(answers["vanished"])


@pytest.mark.timeout(300)
def test_packing_goes_on_when_its_progress_cannot_be_written(answers: dict[str, object]) -> None:
    assert answers["without_progress"] == ""


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


@pytest.fixture(scope="session", params=VERSIONS)
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What session_scenes.py says of each Blender."""
    folder = tmp_path_factory.mktemp("session")
    blender = blender_of(request.param)
    blender.run(HERE / "session_scenes.py", str(folder))
    return {"version": blender.version, **json.loads((folder / "answer.json").read_text())}


@pytest.mark.timeout(300)
def test_nothing_of_the_session_changes_though_blender_packs_by_itself(session: dict[str, Any]) -> None:
    assert session["after"] == session["before"]
    assert session["paths"] == ["files/wood.png", "scene.blend"]


@pytest.mark.timeout(300)
def test_the_undo_history_stays(session: dict[str, Any]) -> None:
    if session["undone"] is None:
        pytest.skip("this Blender keeps no history without a window")
    assert session["undone"] == 1


@pytest.mark.timeout(300)
def test_the_newest_blender_packs_the_same_scene_into_the_same_bytes(session: dict[str, Any]) -> None:
    if session["version"] != "5.2.2":
        pytest.skip("it writes addresses, or what was in memory before, into the file")
    first, second = session["copies"]
    assert first == second


@pytest.mark.timeout(300)
def test_the_chosen_camera_looks_though_markers_name_another(session: dict[str, Any]) -> None:
    assert session["camera"] == "Side"


@pytest.mark.timeout(300)
def test_a_style_module_of_freestyle_runs_or_blender_says_that_it_did_not(session: dict[str, Any]) -> None:
    assert session["style_module"] in ([True, False], [False, True])
