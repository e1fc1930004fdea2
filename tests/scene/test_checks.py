"""Each thing that could spoil a render gets its finding, and a good scene gets none."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, Blender

FINDINGS = {
    "nothing_wrong": [],
    "no_camera": ["error no_camera"],
    "no_layer_in_use": ["error nothing_to_render"],
    "endless_range": ["warning many_frames"],
    "movie": ["warning movie_output"],
    "missing_texture": ["warning missing_file"],
    "missing_library": ["warning library_missing"],
    "broken_usd": ["warning usd_unread"],
    "unbaked_cloth": ["warning simulation_not_baked"],
    "partly_baked_cloth": ["warning simulation_partly_baked"],
    "unsaved_relative_output": ["error output_needs_saved_file"],
    "python_driver": ["warning driver_needs_script"],
    "script_at_start": ["warning script_at_start"],
    "windows_path": ["warning missing_file", "warning path_of_another_system"],
    "bad_name": ["info names_changed"],
    "stereo": ["info stereo"],
}


@pytest.fixture(scope="session")
def answers(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("broken")
    blender.run(HERE / "broken_scenes.py", str(folder))
    return dict(json.loads((folder / "answers.json").read_text()))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", FINDINGS)
def test_a_scene_gets_exactly_the_findings_it_deserves(scene: str, answers: dict[str, Any]) -> None:
    assert answers[scene]["codes"] == FINDINGS[scene]


def test_a_layer_that_a_usd_file_misses_is_named(answers: dict[str, Any], blender: Blender) -> None:
    brings_pxr = blender.version != "4.2.23"
    assert answers["missing_usd_layer"]["codes"] == ["warning missing_file" if brings_pxr else "warning usd_unread"]


def test_a_movie_is_asked_for_as_an_image_sequence(answers: dict[str, Any]) -> None:
    assert answers["movie"]["config"] == {"colorManagementPreset": "default", "outputFormat": "PNG"}


def test_nothing_is_sent_that_the_file_says_itself(answers: dict[str, Any]) -> None:
    assert answers["nothing_wrong"]["config"] == {"colorManagementPreset": "default"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "folder", "absent"])
def test_what_is_no_blend_gets_words_and_no_traceback(kind: str, blender: Blender, tmp_path: Path) -> None:
    file = tmp_path / "scene.blend"
    if kind == "truncated":
        whole = b"BLENDER-v402" + bytes(range(256)) * 4
        file.write_bytes(whole[:700])
    elif kind == "text":
        file.write_text("This is a poem.\n")
    elif kind == "empty":
        file.touch()
    elif kind == "folder":
        file.mkdir()
    request, result = tmp_path / "request.json", tmp_path / "result.json"
    request.write_text(json.dumps({"command": "check", "file": str(file)}))
    printed = blender.run(HERE.parents[1] / "scene" / "headless.py", str(request), str(result))
    problem = json.loads(result.read_text())["problem"]
    assert (problem["meaning"], "Traceback" in printed) == ("Nothing was sent.", False)
    assert str(file) in problem["what"] or file.name in problem["what"]
