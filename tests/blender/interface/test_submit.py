"""Render in Cloud from a background Blender: it waits, and the frames are where Blender would have written them."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from waiting import until


@pytest.fixture
def shot(fresh_file: None, live: Any, tmp_path: Path) -> Path:
    """A saved file with three small frames to render."""
    import bpy

    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = 2
    scene.cycles.use_denoising = False
    scene.render.resolution_percentage = 5
    scene.frame_start, scene.frame_end = 1, 5
    scene.render.filepath = "//render/shot_"
    (tmp_path / "project").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "project" / "shot.blend"))
    return tmp_path / "project"


def rendered(project: Path) -> list[str]:
    return sorted(path.name for path in (project / "render").glob("*"))


@pytest.mark.long
def test_the_test_frames_come_and_the_rest_follows_from_the_same_package(
    shot: Path, home: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    assert bpy.ops.farmhand.submit(what="TEST") == {"FINISHED"}
    assert rendered(shot) == ["shot_0001.png", "shot_0003.png", "shot_0005.png"]
    part("operators.watch").tick()
    assert bpy.ops.farmhand.render_rest() == {"FINISHED"}
    until(lambda: len(rendered(shot)) == 5)
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        assert [one.upload_done == one.package_bytes for one in journal.submissions()] == [True, True]


def test_overrides_alone_are_sent(shot: Path, part: Callable[[str], ModuleType]) -> None:
    import bpy

    settings = bpy.context.scene.farmhand
    settings.use_resolution_percentage = True
    settings.resolution_percentage = 10
    request = part("ui.request.render_request").build(bpy.context, "ANIMATION")
    assert request.overrides == {"resolutionPercentage": 10}


def test_an_override_starts_from_the_scenes_value(shot: Path) -> None:
    import bpy

    bpy.context.scene.farmhand.use_sample_count = True
    assert bpy.context.scene.farmhand.sample_count == 2


def test_without_a_camera_nothing_is_sent_and_the_reason_is_said(shot: Path) -> None:
    import bpy

    bpy.context.scene.camera = None
    with pytest.raises(RuntimeError, match="camera"):
        bpy.ops.farmhand.submit()
    assert not (shot / "render").exists()


def test_frames_that_make_no_sense_are_refused_in_words(shot: Path) -> None:
    import bpy

    bpy.context.scene.farmhand.use_frames = True
    bpy.context.scene.farmhand.frames = "ten"
    with pytest.raises(RuntimeError, match="is not a valid frame range"):
        bpy.ops.farmhand.submit()


def test_a_server_without_a_key_makes_the_button_grey_and_says_why(shot: Path) -> None:
    import bpy

    bpy.context.scene.farmhand.server = "RENDERJUICE"
    with pytest.raises(RuntimeError, match="Enter an API key in Preferences"):
        bpy.ops.farmhand.submit()


def test_a_server_beyond_this_computer_needs_online_access(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_API_KEY", "RJ-test")
    bpy.context.scene.farmhand.server = "RENDERJUICE"
    bpy.context.preferences.system.use_online_access = False
    with pytest.raises(RuntimeError, match=r"offline mode|Allow Online Access"):
        bpy.ops.farmhand.submit()


def test_the_environment_chooses_the_server(
    shot: Path, monkeypatch: pytest.MonkeyPatch, part: Callable[..., Any]
) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_SERVER", "http://127.0.0.1:9/api/external/v1")
    request = part("ui.request.render_request").build(bpy.context, "ANIMATION")
    assert request.server_url == "http://127.0.0.1:9/api/external/v1"


def test_the_key_is_never_in_the_scene(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bpy

    monkeypatch.setenv("FARMHAND_API_KEY", "RJ-very-secret")
    bpy.ops.wm.save_mainfile(compress=False)
    assert b"RJ-very-secret" not in (shot / "shot.blend").read_bytes()


def test_a_preset_says_everything_and_is_remembered_by_the_scene(shot: Path) -> None:
    import bpy

    settings = bpy.context.scene.farmhand
    settings.use_quality = True
    path = bpy.utils.preset_find("Half_Size", "farmhand", ext=".py")
    bpy.ops.script.execute_preset(filepath=path, menu_idname="FARMHAND_PT_presets")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    settings = bpy.context.scene.farmhand
    assert (settings.preset, settings.resolution_percentage, settings.use_quality) == ("Half Size", 50, False)


def test_a_click_checks_the_file_once(
    shot: Path, part: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the dialog showed is handed on to packing, with the answer about existing files."""
    import bpy

    submit, made = part("operators.submitting.submit"), list[int]()
    real = part("ui.request.checks").dry_run
    monkeypatch.setattr(part("ui.request.checks"), "dry_run", lambda *a, **o: made.append(1) or real(*a, **o))
    monkeypatch.setattr(part("scene.packing.package"), "dry_run", lambda *a, **o: made.append(1) or real(*a, **o))
    checked = part("ui.request.checks").check(bpy.context, "ANIMATION")
    request = part("ui.request.render_request").build(bpy.context, "ANIMATION")
    run = part("ui.request.checks").run_for(bpy.context, checked, request)
    assert run is checked.run
    packing = _pack(submit.answered(request, run), part)
    packing.cancel()
    assert made == [1]
    bpy.context.scene.render.resolution_percentage = 7
    assert part("ui.request.checks").run_for(bpy.context, checked, request) is None


def test_packing_that_is_canceled_leaves_no_temporary_files(shot: Path, part: Callable[[str], ModuleType]) -> None:
    """A Blender that is ended leaves its own folder: it lies in the job's, which is removed."""
    import bpy

    checked = part("ui.request.checks").check(bpy.context, "ANIMATION")
    request = part("ui.request.render_request").build(bpy.context, "ANIMATION")
    run = part("ui.request.checks").run_for(bpy.context, checked, request)
    packing = _pack(part("operators.submitting.submit").answered(request, run), part)
    until(lambda: any(packing.folder.glob("temporary/blender_*")))
    packing.cancel()
    assert not packing.folder.exists()


def test_a_package_that_cannot_be_written_is_told_with_what_helps(
    shot: Path, part: Callable[[str], ModuleType]
) -> None:
    """Blender says many things of a full disk, all of them as a RuntimeError; a folder in the way is the same to it."""
    import bpy

    checked = part("ui.request.checks").check(bpy.context, "ANIMATION")
    request = part("ui.request.render_request").build(bpy.context, "ANIMATION")
    run = part("ui.request.checks").run_for(bpy.context, checked, request)
    packing = _pack(part("operators.submitting.submit").answered(request, run), part)
    (packing.folder / f"{part('scene.packing.packer').MAIN}@").mkdir()  # what Blender writes and then renames
    packing.wait()
    assert "Free some disk space" in str(packing.problem.advice)


def _pack(answered: tuple[Any, Any], part: Callable[[str], ModuleType]) -> Any:
    request, run = answered
    return part("scene.packing.package").start(request, part("operators.common").user_home().jobs, run)
