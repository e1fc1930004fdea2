"""A farm reports for each frame which pictures Blender could not read: those that its pixels show as missing."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from in_blender import run_in_blender
from needed_blender import needed_blender
from PIL import Image
from running_farm import RunningFarm

MAKE = Path(__file__).parents[1] / "support" / "unreadable_scenes.py"
STRIPE = 4
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=["4.2.23", "4.5.15", "5.0.1", "5.3.0"])
def python(request: pytest.FixtureRequest) -> Path:
    return needed_blender(request.param)


@pytest.fixture(scope="module")
def scenes(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unreadable")
    run_in_blender([str(python)], MAKE, str(folder))
    return folder


@pytest.fixture(scope="module")
def farm(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    farm = RunningFarm(tmp_path_factory.mktemp("farm"), [str(python)])
    yield farm
    farm.stop()


def outputs(farm: RunningFarm, scenes: Path, name: str, **config: Any) -> list[dict[str, Any]]:
    package = scenes / f"{name}.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for file in sorted(scenes.iterdir()):
            if file.suffix not in (".zip", ".json", ".blend", ".blend1") or file.name == f"{name}.blend":
                archive.write(file, file.name)
    job = farm.rendered(package, **config)
    assert job["status"] == "completed", job["failedReason"]
    return sorted(farm.downloads(job["id"])["frameOutputs"], key=lambda each: each["frame"])


def pink(picture: bytes, stripes: list[str], frame: int) -> set[str]:
    """The pictures in whose place the frame is pink."""
    shown = Image.open(io.BytesIO(picture)).convert("RGB")
    middle = {name: shown.getpixel((16, place * STRIPE + STRIPE // 2)) for place, name in enumerate(stripes)}
    return {name.format(frame) for name, color in middle.items() if color == (255, 0, 255)}


def test_what_is_reported_is_what_the_pixels_show_as_missing(farm: RunningFarm, scenes: Path) -> None:
    stripes = json.loads((scenes / "stripes.json").read_text())["scene"]
    for each in outputs(farm, scenes, "scene"):
        seen = pink(farm.fetch(each["url"]), stripes, each["frame"])
        assert set(each["unreadable"]) == seen | {"half.png"}  # of which Cycles shows what is there
        assert {"missing.png", "stub.png", "empty.png", "tile.1002.png", "cut film.mkv"} < seen
        assert "film.mkv" not in seen
        assert ("seq_0002.png" in seen) is (each["frame"] == 2)
        assert "seq_0001.png" not in seen


def test_a_frame_of_which_all_was_read_says_so(farm: RunningFarm, scenes: Path) -> None:
    assert [each["unreadable"] for each in outputs(farm, scenes, "good")] == [[], [], []]


def test_no_claim_is_made_where_shaders_may_fail_too(farm: RunningFarm, scenes: Path) -> None:
    frames = outputs(farm, scenes, "good", renderEngine="BLENDER_WORKBENCH", frameRanges=["1"])
    assert [each["unreadable"] for each in frames] == [None]
