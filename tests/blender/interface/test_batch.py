"""Render All: a job for each camera or scene, checked together before the first is sent."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import stand_ins


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

    def counted(scene: Any, *others: Any) -> Any:
        seen.append(scene.name)
        return real(scene, *others)

    monkeypatch.setattr(scan, "scan", counted)
    return seen


def jobs(part: Callable[[str], ModuleType], home: Path) -> list[Any]:
    if not (home / "journal.sqlite3").exists():
        return []
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        return list(journal.submissions())


@pytest.mark.long
def test_each_camera_becomes_a_job_with_a_folder_and_they_share_the_scan(
    project: Path, home: Path, part: Callable[[str], ModuleType], scans: list[str]
) -> None:
    import bpy

    assert bpy.ops.farmhand.submit_all(what="CAMERAS") == {"FINISHED"}
    assert scans == ["Scene"]
    frames = {camera: sorted((project / "render" / camera).glob("*.png")) for camera in ("Camera", "Second")}
    assert [len(paths) for paths in frames.values()] == [2, 2]
    assert frames["Camera"][0].read_bytes() != frames["Second"][0].read_bytes()
    assert sorted(one.name for one in jobs(part, home)) == ["Camera · shot", "Second · shot"]


@pytest.mark.long
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


@pytest.mark.long
def test_a_scene_that_was_made_to_edit_frames_is_left_out_unless_it_is_ticked(
    project: Path, home: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    edit = bpy.context.scene.copy()
    edit.name, edit.use_fake_user = "Scene Edit", True
    edit[part("ui.request.render_request").EDIT_OF] = "Scene"
    edit.render.filepath = "//render/edit_"
    assert bpy.ops.farmhand.submit_all(what="SCENES") == {"FINISHED"}
    assert [(one.scene, one.name) for one in jobs(part, home)] == [("Scene", "shot")]


@pytest.mark.long
def test_a_scene_that_markers_or_the_sequencer_show_is_rendered_too(
    project: Path, home: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    first = bpy.context.scene
    by_markers = first.copy()
    by_markers.name, by_markers.use_fake_user = "Markers", True
    by_markers.render.filepath = "//render/markers_"
    by_markers.timeline_markers.new("Shot", frame=1).camera = first.camera
    by_markers.camera, by_markers.frame_end = None, 1
    edited = bpy.data.scenes.new("Edit")
    edited.use_fake_user, edited.frame_end = True, 1
    edited.render.filepath = "//render/edit_"
    edited.render.resolution_percentage = 5
    editor = edited.sequence_editor_create()
    length = {"frame_end": 9} if bpy.app.version < (5, 0, 0) else {"length": 8}
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strips.new_effect(name="Color", type="COLOR", channel=1, frame_start=1, **length)
    bpy.data.scenes.new("Blank").use_fake_user = True
    assert bpy.ops.farmhand.submit_all(what="SCENES") == {"FINISHED"}
    assert sorted(one.scene for one in jobs(part, home)) == ["Edit", "Markers", "Scene"]
    assert {path.name for path in (project / "render").glob("*_0001.png")} == {
        "edit_0001.png",
        "markers_0001.png",
        "shot_0001.png",
    }


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


def test_a_scene_whose_frames_all_exist_does_not_hold_up_the_others(
    project: Path, home: Path, part: Callable[[str], ModuleType], capfd: pytest.CaptureFixture[str]
) -> None:
    import bpy

    first = bpy.context.scene
    first.farmhand.existing = "skip"
    (project / "render").mkdir()
    for number in (1, 2):
        (project / "render" / f"shot_{number:04}.png").write_bytes(b"rendered before")
    other = first.copy()
    other.name, other.use_fake_user = "Other", True
    other.render.filepath = "//render/other_"
    assert bpy.ops.farmhand.submit_all(what="SCENES") == {"FINISHED"}
    assert [one.scene for one in jobs(part, home)] == ["Other"]
    told = capfd.readouterr().out
    assert "shot · Scene: All of these frames already exist." in told and "1 job submitted" in told


def test_the_dialog_says_what_was_found_and_where(project: Path) -> None:
    import bpy

    empty = bpy.data.scenes.new("Empty")
    empty.use_fake_user = True
    empty.camera = bpy.context.scene.camera
    unlit = bpy.context.scene.copy()
    unlit.name, unlit.use_fake_user = "Unlit", True
    for layer in unlit.view_layers:
        layer.use = False
    texts = told("SCENES")
    assert "Unlit: No view layer is enabled for rendering." in texts
    assert "Empty: The scene has no renderable objects" in texts
    assert texts.index("Unlit: ") < texts.index("Empty: ")  # what stops it comes first
    for scene in (empty, unlit):
        bpy.data.scenes.remove(scene)
    assert "no renderable objects" not in told("SCENES")


def test_what_one_camera_alone_misses_is_said_of_that_camera(project: Path) -> None:
    import bpy

    stand = bpy.data.objects.new("Stand", bpy.data.meshes.new("Stand"))
    cache = stand.modifiers.new("Cache", "MESH_CACHE")
    cache.filepath = "//gone.pc2"
    stand.hide_render = True
    second = bpy.data.objects["Second"]
    second.parent, second.hide_render = stand, True
    bpy.context.scene.collection.objects.link(stand)
    assert "gone.pc2" not in told("SCENES")
    (sentence,) = [text for text in told("CAMERAS").split("\n") if "gone.pc2" in text]
    assert sentence.startswith("Second: ")


def told(what: str) -> str:
    """The texts of the dialog, a line for each."""
    import bpy

    dialog = stand_ins.Stand(bpy.types.FARMHAND_OT_submit_all, stand_ins.Layout())
    dialog.what = what
    dialog.check(bpy.context)
    assert not dialog.check(bpy.context)  # nothing is looked at twice
    return "\n".join(text for _, text in dialog.told[what])


@pytest.mark.long
def test_cameras_that_share_a_numbered_folder_take_its_number_at_once(
    project: Path, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    blocking, there = part("operators.submitting.submit_background"), list[list[str]]()
    real = blocking.render

    def noted(*args: Any) -> Any:
        there.append(sorted(path.name for path in (project / "render").iterdir()))
        return real(*args)

    monkeypatch.setattr(blocking, "render", noted)
    bpy.context.scene.farmhand.output_place = "JOB"
    bpy.context.scene.farmhand.job_folder = "//render/v{number}"
    for _ in range(2):
        bpy.ops.farmhand.submit_all(what="CAMERAS")
    assert there == [["v001"], ["v001"], ["v001", "v002"], ["v001", "v002"]]
    for version in ("v001", "v002"):
        assert [path.name for path in sorted((project / "render" / version).iterdir())] == ["Camera", "Second"]
