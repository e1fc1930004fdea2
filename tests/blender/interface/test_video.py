"""The preview video of a job, made by a farm that renders, becomes a strip of the open file."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from waiting import PATIENCE


@pytest.fixture
def rendered(fresh_file: None, live: Any, part: Callable[[str], ModuleType], tmp_path: Path) -> Any:
    """A saved file with four small frames, rendered on this computer, its job selected."""
    import bpy

    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 2, False
    scene.render.resolution_percentage = 5
    scene.frame_start, scene.frame_end = 3, 6
    scene.render.filepath = "//render/shot_"
    (tmp_path / "project").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "project" / "shot.blend"))
    assert bpy.ops.farmhand.submit() == {"FINISHED"}
    part("operators.watch").tick()
    return live.snapshot.rows[0].submission


def strips() -> Iterator[Any]:
    import bpy

    for scene in bpy.data.scenes:
        editor = scene.sequence_editor
        if editor is not None:
            yield from editor.strips if hasattr(editor, "strips") else editor.sequences


def wait_for_strip(tick: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := next(strips(), None)):
        assert time.monotonic() < end, "the video was not added"
        tick()
        time.sleep(0.05)
    return found


def wait_until_it_can_be_asked_for_again(tick: Callable[[], Any]) -> None:
    """The strip comes with the file, a moment before the courier says that the job is done."""
    import bpy

    end = time.monotonic() + PATIENCE
    while not bpy.ops.farmhand.to_video.poll():
        assert time.monotonic() < end, "the job is not done again"
        tick()
        time.sleep(0.05)


@pytest.mark.long
def test_the_video_is_fetched_and_becomes_a_strip_of_all_frames(
    rendered: Any, live: Any, part: Callable[[str], ModuleType], capfd: pytest.CaptureFixture[str]
) -> None:
    import bpy

    tick = part("operators.watch").tick
    live.reports.drop()
    assert bpy.ops.farmhand.to_video() == {"FINISHED"}
    assert "Downloading the video" in capfd.readouterr().out
    strip = wait_for_strip(tick)
    assert (strip.type, strip.id_data.name) == ("MOVIE", "Scene Edit")
    assert strip.filepath == "//render/shot.mp4"
    duration = strip.duration if hasattr(strip, "left_handle") else strip.frame_final_duration
    start = strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start
    assert (duration, start) == (4, 3)
    wait_until_it_can_be_asked_for_again(tick)
    assert not live.reports.news  # its frames were reported when they came
    assert bpy.ops.farmhand.to_video() == {"FINISHED"}
    assert len(list(strips())) == 1


def test_a_job_that_is_not_finished_offers_no_video(add: Callable[..., Any]) -> None:
    import bpy

    add(state="active", stage="pull", job_id="9b1c", frames_total=5, frames_done=2)
    assert not bpy.ops.farmhand.to_video.poll()
    with pytest.raises(RuntimeError, match="Select a finished job of more than one frame"):
        bpy.ops.farmhand.to_video()


def test_a_video_that_was_asked_for_is_not_added_to_another_file(
    fresh_file: None, add: Callable[..., Any], live: Any, home: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    one = add(state="done", stage="finished", job_id="9b1c", frames_total=2, frames_done=2)
    live.arrivals.videos.add(one.id)
    bpy.ops.wm.read_homefile()
    (home / "jobs" / one.id).mkdir(parents=True)
    problem = part("client.message").msg("The server has none.")
    part("jobs.folder.job_video").write(home / "jobs" / one.id, part("jobs.folder.job_video").JobVideo(problem=problem))
    live.reports.drop()
    part("operators.footage.on_arrival").follow(bpy.context, live)
    assert live.reports.notes == [] and list(strips()) == []
