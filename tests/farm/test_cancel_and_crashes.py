"""Cancel, workers that die, limits that are passed, and a farm that is killed."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from running_farm import RunningFarm
from waiting import wait_until

Scenes = Callable[..., Path]
StartFarm = Callable[..., RunningFarm]


def kill_blenders(farm: RunningFarm) -> None:
    for process in farm.blender_processes():
        os.kill(process, signal.SIGKILL)


def test_cancel_in_the_middle_of_a_frame_ends_every_blender_of_the_job(
    start_farm: StartFarm, scene_file: Scenes
) -> None:
    farm = start_farm("--workers", "2")
    job_id = farm.start_render(scene_file("slow"))
    farm.wait_for(job_id, "rendering")
    wait_until(lambda: len(farm.blender_processes()) == 2, "both workers are there")
    assert farm.ask(f"/jobs/{job_id}/cancel")["status"] == "canceled"
    wait_until(lambda: not farm.blender_processes(), "the Blenders are gone")
    assert farm.job(job_id)["status"] == "canceled"


def test_cancel_while_validating_ends_the_blender(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job_id = farm.new_job(scene_file("animated"))
    farm.ask(f"/jobs/{job_id}/validate")
    farm.ask(f"/jobs/{job_id}/cancel")
    assert farm.blender_processes() == []
    assert farm.job(job_id)["status"] == "canceled"


def test_a_canceled_job_cannot_be_canceled_again(farm: RunningFarm, scene_file: Scenes) -> None:
    job_id = farm.new_job(scene_file("animated"))
    farm.ask(f"/jobs/{job_id}/cancel")
    assert farm.api.post(f"/jobs/{job_id}/cancel").status_code == 400


def test_the_next_job_renders_after_a_cancel(farm: RunningFarm, scene_file: Scenes) -> None:
    job_id = farm.start_render(scene_file("slow"))
    farm.ask(f"/jobs/{job_id}/cancel")
    assert farm.rendered(scene_file("animated"), frameRanges=["1"])["status"] == "completed"


def test_a_frame_whose_worker_is_killed_is_rendered_by_another(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job_id = farm.start_render(scene_file("steady"))
    wait_until(lambda: farm.frames_done(job_id) >= 2, "two frames are done")
    kill_blenders(farm)
    assert farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
    assert len(farm.frames(job_id)) == 20


def test_a_frame_over_its_time_is_tried_once_more_and_named(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm(settings={"frame_seconds": 1.0})
    job_id = farm.start_render(scene_file("slow"), frameRanges=["4-9"])
    reason = farm.wait_for(job_id, "failed")["failedReason"]
    assert reason["type"] == "frames_failed"
    assert reason["name"].startswith("Frame 4 could not be rendered in 2 attempts: The frame was still rendering after")
    assert "--frame-limit" in reason["name"]
    assert len(list((farm.data / "logs" / "jobs" / job_id).glob("frame_*.log"))) == 2


@pytest.mark.soak
def test_a_frame_that_cannot_be_rendered_leaves_the_others_whole(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm(settings={"frame_seconds": 8.0, "attempts": 2})
    job = farm.wait_for(farm.start_render(scene_file("slow_third")), "failed")
    assert job["failedReason"]["name"].startswith("Frame 3 could not be rendered in 2 attempts")
    assert sorted(farm.frames(job["id"])) == [f"frames/000{frame}.png" for frame in (1, 2, 4, 5)]


def test_a_blender_that_outgrows_the_memory_is_stopped_and_said_so(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm(settings={"memory_bytes": 50_000_000, "attempts": 1})
    job = farm.validated(scene_file("slow"))
    if job["status"] == "validated":
        config = {"colorManagementPreset": "default", "frameRanges": ["1"]}
        farm.ask(f"/jobs/{job['id']}/render", requestedRenderConfig=config)
        job = farm.wait_for(job["id"], "failed")
    assert "memory" in job["failedReason"]["name"]


def test_a_farm_that_is_killed_leaves_no_blender_behind(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    farm.wait_for(farm.start_render(scene_file("slow")), "rendering")
    farm.kill()
    wait_until(lambda: not farm.blender_processes(), "the Blenders are gone")


def test_a_blender_that_is_ended_leaves_no_temporary_files(
    start_farm: StartFarm, scene_file: Scenes, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    farm = start_farm(environment={"TMPDIR": str(temporary)})
    farm.rendered(scene_file("animated"), frameRanges=["1"])
    farm.stop()
    assert [*temporary.iterdir(), *(farm.data / "w" / "b").iterdir()] == []


def test_a_farm_that_was_killed_goes_on_with_the_missing_frames(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job_id = farm.start_render(scene_file("steady"))
    wait_until(lambda: farm.frames_done(job_id) >= 3, "three frames are done")
    farm.kill()
    frames = farm.data / "objects" / "jobs" / job_id / "frames"
    before = {path.name: path.stat().st_mtime_ns for path in frames.iterdir()}
    farm.start()
    assert farm.wait_for(job_id, "completed", "failed")["status"] == "completed"
    after = {path.name: path.stat().st_mtime_ns for path in frames.iterdir()}
    # The frame in hand may have been in place and not yet written down.
    rendered_again = [name for name in before if after[name] != before[name]]
    assert (len(after), len(rendered_again) <= 1) == (20, True)


def test_no_half_file_carries_a_frame_s_name_after_a_kill(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job_id = farm.start_render(scene_file("steady"))
    wait_until(lambda: farm.frames_done(job_id) >= 1, "a frame is done")
    farm.kill()
    frames = list((farm.data / "objects" / "jobs" / job_id / "frames").iterdir())
    assert frames
    assert all(path.read_bytes().endswith(b"IEND\xaeB`\x82") for path in frames)


@pytest.mark.parametrize("stop", ["kill", "stop"])
def test_a_validation_that_was_cut_off_is_done_again(start_farm: StartFarm, scene_file: Scenes, stop: str) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job_id = farm.new_job(scene_file("animated"))
    farm.ask(f"/jobs/{job_id}/validate")
    getattr(farm, stop)()
    farm.start()
    assert farm.wait_for(job_id, "validated", "failed")["status"] == "validated"


@pytest.mark.soak
def test_a_validated_job_renders_after_a_restart(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job_id = farm.validated(scene_file("animated"))["id"]
    farm.stop()
    farm.start()
    config = {"colorManagementPreset": "default", "frameRanges": ["1"]}
    farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig=config)
    assert farm.wait_for(job_id, "completed", "failed")["status"] == "completed"


@pytest.mark.soak
def test_links_given_before_a_restart_still_work(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    link = farm.downloads(job["id"])["frames"][0].removeprefix(farm.url)
    farm.stop()
    farm.start()
    assert farm.fetch(farm.url + link).startswith(b"\x89PNG")
