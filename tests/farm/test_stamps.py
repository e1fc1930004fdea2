"""Stamps and metadata of what the farm renders name the artist's file, never a path of the farm."""

import json
from pathlib import Path
from typing import Any

import pytest
from in_blender import run_in_blender
from needed_blender import needed_blender
from PIL import Image

SCRIPT = Path(__file__).with_name("stamped_images.py")
WITH_TEXTS = ("PNG", "JPEG", "OPEN_EXR", "OPEN_EXR_MULTILAYER", "OPEN_EXR-stereo", "OPEN_EXR_MULTILAYER-stereo")


@pytest.fixture(scope="module", params=["4.2.23", "5.0.1"])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    command = needed_blender(request.param)
    folder = tmp_path_factory.mktemp("stamps")
    run_in_blender([str(command)], SCRIPT, str(folder))
    return dict(json.loads((folder / "answers.json").read_text()))


@pytest.mark.timeout(300)
def test_no_file_holds_a_path_of_the_farm(answers: dict[str, Any]) -> None:
    images = {name: answer for name, answer in answers.items() if name != "burnt"}
    assert {name for name, one in images.items() if one["has_path"]} == set()
    assert {
        name for name in WITH_TEXTS if not images[name]["blender_has_path"] or not images[name]["has_name"]
    } == set()
    assert {name for name, one in images.items() if not one["same_pixels"]} == set()


def test_the_text_of_a_png_names_the_artists_file(answers: dict[str, Any]) -> None:
    texts = Image.open(answers["PNG"]["file"]).text  # type: ignore[attr-defined]
    assert (texts["File"], texts["Frame"]) == ("shot.blend", "1")


@pytest.mark.parametrize(("kind", "note"), [("plain", None), ("note", "for the client"), ("bare", "for the client")])
def test_a_burnt_stamp_names_the_artists_file(answers: dict[str, Any], kind: str, note: str | None) -> None:
    burnt = answers["burnt"][kind]
    assert burnt["is_drawn"]
    assert burnt["same"]
    texts = Image.open(burnt["file"]).text  # type: ignore[attr-defined]
    assert (texts.get("File"), texts.get("Note")) == ("shot.blend", note)
