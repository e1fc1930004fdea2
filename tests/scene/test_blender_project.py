"""A file of a Blender project (5.3) is rendered elsewhere with the project's variables and colors."""

import json
from pathlib import Path
from typing import Any

import pytest
import studio_colors
from blenders_of_scenes import blender_of
from running_farm import RunningFarm

from farmhand.jobs.folder import job_folder, manifest
from farmhand.jobs.folder.zip_stream import ZipStream

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def answer(folder: Path) -> dict[str, Any]:
    blender = blender_of("5.3.0")
    studio_colors.make(Path(blender.command[0]), folder / "colors")
    blender.run(Path(__file__).with_name("blender_project.py"), str(folder))
    return dict(json.loads((folder / "answer.json").read_text()))


def test_an_output_path_has_the_projects_variables_for_each_camera(answer: dict[str, Any]) -> None:
    assert {camera: path.replace("####", "0001") for camera, path in answer["ours"].items()} == answer["theirs"]
    assert "sh_010_007_Side_" in answer["theirs"]["Side"]


def test_a_bake_in_a_folder_that_variables_name_is_packed(answer: dict[str, Any], folder: Path) -> None:
    baked = {str(file) for file in (folder / "bakes" / "sh_010").rglob("*.json")}
    assert baked and baked <= set(answer["scan"]["files"])
    assert answer["scan"]["missing"] == []
    assert any(path.endswith(".json") for path in answer["paths"])
    assert answer["bakes"].startswith("//") and "{" not in answer["bakes"]


def test_names_of_output_nodes_keep_the_projects_variables_elsewhere(answer: dict[str, Any]) -> None:
    assert not answer["project"]
    assert answer["node"] == "sh_010_{camera_name}_007_"


def test_the_projects_color_config_is_named_and_packed(answer: dict[str, Any], folder: Path) -> None:
    config = str(folder / "colors" / "config.ocio")
    assert answer["config"] == config
    found = [one for one in answer["check"]["findings"] if one["code"] == "color_config"]
    assert found and config in json.dumps(found)
    assert "ocio/config.ocio" in answer["paths"]
    assert {path.partition("-")[2] for path in answer["paths"] if path.startswith("ocio/")} >= {"dim.spi1d", "show.ctf"}


def test_its_package_renders_on_a_farm(answer: dict[str, Any], tmp_path: Path) -> None:
    packed = Path(answer["packed"]["folder"])
    archive = tmp_path / "package.zip"
    stream = ZipStream(job_folder.read(packed).package.name, packed, manifest.read(packed))
    archive.write_bytes(b"".join(stream.chunks()))
    farm = RunningFarm(tmp_path / "farm", blender_of("5.3.0").command)
    try:
        job = farm.rendered(archive, frameRanges=["1-2"])
        files = farm.downloads(job["id"])
    finally:
        farm.stop()
    assert job["status"] == "completed", job["failedReason"]
    assert [one["frame"] for one in files["frameOutputs"]] == [1, 2]
    names = [one["fileName"] for one in files["compositeNodeOutputs"]]
    assert names == [f"sh_010_Camera_007_{frame:04d}.exr" for frame in (1, 2)]
