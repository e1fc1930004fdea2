"""Where frames go: a folder for each job by a pattern, and what happens to frames that are there already."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def shot(fresh_file: None, live: Any, tmp_path: Path) -> Path:
    """A saved file with one small frame to render, which asks about existing files."""
    import bpy

    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH" if bpy.app.binary_path else "CYCLES"
    scene.cycles.device, scene.cycles.samples = "CPU", 2
    scene.render.resolution_percentage = 5
    scene.frame_start = scene.frame_end = 1
    scene.render.filepath = "//render/shot_"
    (tmp_path / "{odd}").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "{odd}" / "my shot.blend"))
    return tmp_path / "{odd}"


def files(project: Path) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in project.rglob("*.png"))


def planned(part: Callable[[str], ModuleType]) -> Any:
    import bpy

    return part("scene.dry_run").dry_run(part("ui.request.render_request").build(bpy.context, "ANIMATION"))


@pytest.mark.long
def test_each_job_gets_a_folder_with_the_next_number(shot: Path) -> None:
    import bpy

    bpy.context.scene.farmhand.output_place = "JOB"
    bpy.ops.farmhand.submit()
    bpy.ops.farmhand.submit()
    assert files(shot) == ["render/my shot_v001/shot_0001.png", "render/my shot_v002/shot_0001.png"]


def test_the_panel_shows_the_folders_name_filled_in(shot: Path, part: Callable[[str], ModuleType]) -> None:
    import bpy

    settings = bpy.context.scene.farmhand
    settings.output_place, settings.job_folder = "JOB", "//{scene_name}/{camera_name}_{number}"
    assert part("ui.request.summary").output_text(bpy.context.scene) == "//Scene/Camera_###"
    assert part("ui.request.summary").summary(bpy.context).endswith("→  //Scene/Camera_###")


def test_a_name_never_leads_out_of_its_folder(shot: Path, part: Callable[[str], ModuleType]) -> None:
    import bpy

    bpy.context.scene.name = "../../up:"
    bpy.context.scene.farmhand.output_place = "JOB"
    bpy.context.scene.farmhand.job_folder = "//out/{scene_name}"
    assert Path(planned(part).output.folder) == shot / "out" / "_.._up_"


@pytest.mark.parametrize("pattern", ["//render/{shot}", "//render/{", "//render/{}"])
def test_a_field_that_is_none_is_said_in_words(shot: Path, part: Callable[[str], ModuleType], pattern: str) -> None:
    import bpy

    settings = bpy.context.scene.farmhand
    settings.output_place, settings.job_folder = "JOB", pattern
    with pytest.raises(RuntimeError, match=r"Unknown variable .*\{blend_name\}"):
        bpy.ops.farmhand.submit()
    assert "Unknown variable" in part("ui.request.summary").summary(bpy.context)


def test_another_folder_is_taken_as_it_is(shot: Path, part: Callable[[str], ModuleType]) -> None:
    import bpy

    settings = bpy.context.scene.farmhand
    settings.output_place, settings.output_folder = "FOLDER", "//frames {new}"
    assert Path(planned(part).output.folder) == shot / "frames {new}"


def test_without_a_saved_file_there_is_no_folder_beside_it(fresh_file: None, part: Callable[[str], ModuleType]) -> None:
    import bpy

    bpy.context.scene.farmhand.output_place = "FOLDER"
    assert any("has not been saved" in sentence for sentence in planned(part).blockers)


@pytest.mark.long
def test_frames_that_are_there_are_never_replaced_silently(shot: Path) -> None:
    import bpy

    bpy.ops.farmhand.submit()
    first = shot / "render" / "shot_0001.png"
    first.write_bytes(b"mine")
    with pytest.raises(RuntimeError, match="already exist"):
        bpy.ops.farmhand.submit()
    assert first.read_bytes() == b"mine"
    bpy.ops.farmhand.submit(existing="keep")
    assert (first.read_bytes(), files(shot)) == (b"mine", ["render/shot_0001.png", "render/shot_v2_0001.png"])
    bpy.ops.farmhand.submit(existing="replace")
    assert first.read_bytes() != b"mine"


@pytest.mark.long
def test_scenes_that_write_to_the_same_files_get_folders_of_their_own(shot: Path) -> None:
    import bpy

    other = bpy.context.scene.copy()
    other.name, other.use_fake_user = "Other", True  # as one that a window shows is kept
    bpy.ops.farmhand.submit_all(what="SCENES")
    assert files(shot) == ["render/Other/shot_0001.png", "render/Scene/shot_0001.png"]


def test_the_range_fields_are_the_scenes_until_they_are_touched(shot: Path) -> None:
    import bpy

    scene, ours = bpy.context.scene, bpy.context.scene.farmhand
    scene.frame_start, scene.frame_end, scene.frame_step = 3, 12, 1
    assert (ours.first_frame, ours.last_frame, ours.frame_step, ours.use_frames) == (3, 12, 1, False)
    ours.last_frame = 8
    assert (ours.use_frames, ours.frames) == (True, "3-8")
    scene.frame_end = 100
    assert ours.last_frame == 8
    ours.frame_step = 2
    assert (ours.frames, ours.frame_step) == ("3-8x2", 2)
    ours.use_frames = False
    assert ours.last_frame == 100
    ours.use_frames = True  # begins as the scene's again
    assert ours.frames == "3-100"


def test_existing_frames_are_skipped(shot: Path, live: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.render.filepath = 1, 4, "//render/shot_"
    (shot / "render").mkdir()
    for number in (1, 3):
        (shot / "render" / f"shot_{number:04}.png").write_bytes(b"mine")
    scene.farmhand.existing = "skip"
    request = part("ui.request.render_request").build(bpy.context, "ANIMATION")
    for checked in (None, part("scene.dry_run").dry_run(request)):
        found, run = part("operators.submitting.submit").answered(request, checked)
        assert (run.frames, run.render_config["frameRanges"], run.existing) == ((2, 4), ["2", "4"], 0)
        assert (found.frames, found.existing, run.output.existing) == ("2, 4", "replace", "replace")
    for number in (2, 4):
        (shot / "render" / f"shot_{number:04}.png").write_bytes(b"mine")
    with pytest.raises(part("client.errors").LocalProblem, match="already exist"):
        part("operators.submitting.submit").answered(request, None)


@pytest.mark.long
def test_a_render_that_skips_the_frames_of_an_earlier_one_completes_that_one(shot: Path, live: Any) -> None:
    import bpy

    scene = bpy.context.scene
    scene.frame_end = 3
    assert bpy.ops.farmhand.submit(what="ANIMATION") == {"FINISHED"}
    (shot / "render" / "shot_0002.png").unlink()
    live.tick()
    assert bpy.ops.farmhand.submit(what="ANIMATION", existing="skip") == {"FINISHED"}
    live.tick()
    (row,) = live.snapshot.rows
    assert [one.frames_total for one in row.parts] == [3, 1]
    assert (row.frames, row.submission.frames_done, row.word) == ("1–3", 3, "Done")
    scene.render.filepath = "//other/shot_"
    (shot / "other").mkdir()
    (shot / "other" / "shot_0002.png").write_bytes(b"mine")  # by no render that is known
    assert bpy.ops.farmhand.submit(what="ANIMATION", existing="skip") == {"FINISHED"}
    live.tick()
    assert [one.frames for one in live.snapshot.rows] == ["1, 3", "1–3"]
