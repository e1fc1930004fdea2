"""Render All: a job for each camera or scene, checked together before the first is sent."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def project(fresh_file: None, live: Any, tmp_path: Path) -> Path:
    """A saved file with two cameras and two small frames to render."""
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", 2
    scene.cycles.use_denoising = False
    scene.render.resolution_percentage = 5
    scene.frame_start, scene.frame_end = 1, 2
    scene.render.filepath = "//render/shot_"
    second = bpy.data.objects.new("Second", bpy.data.cameras.new("Second"))
    second.location = (0, 0, 9)
    scene.collection.objects.link(second)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return tmp_path


@pytest.fixture
def scans(part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the scenes that are scanned, as often as they are."""
    scan, seen = part("scene.scan"), []
    real = scan.scan

    def counted(scene: Any, frames: Any) -> Any:
        seen.append(scene.name)
        return real(scene, frames)

    monkeypatch.setattr(scan, "scan", counted)
    return seen


def jobs(part: Callable[[str], ModuleType], home: Path) -> list[Any]:
    if not (home / "journal.sqlite3").exists():
        return []
    with part("courier.journal").Journal(home / "journal.sqlite3") as journal:
        return list(journal.submissions())


def test_each_camera_becomes_a_job_with_a_folder_and_they_share_the_scan(
    project: Path, home: Path, part: Callable[[str], ModuleType], scans: list[str]
) -> None:
    import bpy

    assert bpy.ops.farmhand.submit_all(what="CAMERAS") == {"FINISHED"}
    assert scans == ["Scene"]
    frames = {camera: sorted((project / "render" / camera).glob("*.png")) for camera in ("Camera", "Second")}
    assert [len(paths) for paths in frames.values()] == [2, 2]
    assert frames["Camera"][0].read_bytes() != frames["Second"][0].read_bytes()
    assert sorted(one.name for one in jobs(part, home)) == ["shot · Camera", "shot · Second"]


def test_each_scene_becomes_a_job(project: Path, home: Path, part: Callable[[str], ModuleType]) -> None:
    import bpy

    other = bpy.context.scene.copy()
    other.name, other.use_fake_user = "Other", True  # as one that a window shows is kept
    other.render.filepath = "//render/other_"
    assert bpy.ops.farmhand.submit_all(what="SCENES") == {"FINISHED"}
    assert sorted(path.name for path in (project / "render").glob("*.png")) == [
        "other_0001.png",
        "other_0002.png",
        "shot_0001.png",
        "shot_0002.png",
    ]
    assert sorted(one.scene for one in jobs(part, home)) == ["Other", "Scene"]


def test_what_stops_one_scene_is_said_before_any_is_sent(
    project: Path, home: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    other = bpy.context.scene.copy()
    other.name, other.use_fake_user = "Other", True  # as one that a window shows is kept
    other.render.use_sequencer = other.render.use_compositing = False
    for layer in other.view_layers:
        layer.use = False
    with pytest.raises(RuntimeError, match=r"Other: .*Nothing was sent"):
        bpy.ops.farmhand.submit_all(what="SCENES")
    assert jobs(part, home) == []
    assert not (project / "render").exists()
