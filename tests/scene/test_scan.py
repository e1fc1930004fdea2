"""The scan finds exactly what a render reads: nothing missing, nothing extra, for every kind of file."""

from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import Projects
from kinds import KINDS


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_the_scan_finds_exactly_the_files_that_the_frames_need(
    kind: str, projects: Projects, scans: dict[str, Any]
) -> None:
    projects.blend(kind)
    assert scans[kind]["files"] == projects.expected[kind]["files"]


@pytest.mark.timeout(300)
def test_every_file_says_who_needs_it(scans: dict[str, Any]) -> None:
    assert [reason for scan in scans.values() for reason in scan["reasons"].values() if not reason] == []


@pytest.mark.timeout(300)
def test_constraints_follow_the_clip_of_the_scene_that_is_rendered(projects: Projects, tmp_path: Path) -> None:
    blend = projects.blend("active_clip")
    (answer,) = projects.blender.do(tmp_path, ["scan", blend, [1], "Second"])
    assert [Path(file).name for file in answer["files"]] == ["shot_0001.png"]


@pytest.mark.timeout(300)
def test_a_hidden_camera_that_was_chosen_brings_what_it_alone_needs(projects: Projects, tmp_path: Path) -> None:
    blend = projects.blend("hidden")
    (answer,) = projects.blender.do(tmp_path, ["check", blend, {"camera": "Aside"}])
    names = [Path(file["path"]).name for file in answer["package"]["files"]]
    assert sorted(names) == ["later.png", "scene.blend", "stand.png"]


@pytest.mark.timeout(300)
def test_a_path_that_nodes_put_together_is_said_to_be_unknown(projects: Projects, scans: dict[str, Any]) -> None:
    projects.blend("computed_path")
    assert list(scans["computed_path"]["kinds"].values()) == ["computed path"]
