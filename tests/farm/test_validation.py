"""What validation finds, and how it says no."""

import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_blender import run_in_blender
from running_farm import RunningFarm
from waiting import wait_until

Scenes = Callable[..., Path]


def failed(farm: RunningFarm, path: Path) -> dict[str, Any]:
    job = farm.validated(path)
    assert job["status"] == "failed"
    return dict(job["failedReason"])


def test_the_analysis_tells_what_is_in_the_file(farm: RunningFarm, scene_file: Scenes) -> None:
    analysis = farm.validated(scene_file("animated"))["analysis"]
    told = {key: analysis[key] for key in ("engine", "frameStart", "frameEnd", "resolution", "camera", "missingFiles")}
    assert told == {
        "engine": "CYCLES",
        "frameStart": 1,
        "frameEnd": 5,
        "resolution": [64, 36],
        "camera": "Camera",
        "missingFiles": [],
    }


def test_a_missing_texture_is_named(farm: RunningFarm, scene_file: Scenes) -> None:
    analysis = farm.validated(scene_file("missing_texture"))["analysis"]
    assert analysis["missingFiles"] == [{"path": "//textures/wood.png", "owner": "wood", "kind": "image"}]


def test_a_file_that_is_no_blend_fails_with_a_reason(farm: RunningFarm, tmp_path: Path) -> None:
    path = tmp_path / "notes.blend"
    path.write_text("shopping list")
    assert failed(farm, path)["type"] == "not_a_blend"


def test_an_empty_file_fails_with_a_reason(farm: RunningFarm, tmp_path: Path) -> None:
    path = tmp_path / "empty.blend"
    path.touch()
    assert failed(farm, path)["type"] == "not_a_blend"


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_file_cut_short_fails_with_a_reason(
    farm: RunningFarm, scene_file: Scenes, tmp_path: Path, share: float
) -> None:
    whole = scene_file("animated").read_bytes()
    path = tmp_path / "cut.blend"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert failed(farm, path)["type"] in ("not_a_blend", "damaged_blend", "crashed")


def test_a_scene_without_a_camera_fails_with_a_reason(farm: RunningFarm, scene_file: Scenes) -> None:
    reason = failed(farm, scene_file("no_camera"))
    assert reason["type"] == "no_camera"
    assert "has no camera" in reason["name"]


def test_a_file_of_a_newer_blender_fails_with_a_reason(
    each_blender_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    if "bpy-4.2" not in each_blender_command[0]:
        pytest.skip("needs a file of a newer Blender than the farm's")
    farm = start_farm(command=each_blender_command)
    newer = failed(farm, scene_file("animated"))
    assert newer["type"] in ("newer_blender", "not_a_blend")
    assert "newer" in newer["name"]


def test_a_zip_with_two_blends_fails_with_a_reason(farm: RunningFarm, tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.blend", b"")
        archive.writestr("b.blend", b"")
    assert failed(farm, path)["type"] == "bad_package"


def test_scripts_in_the_file_do_not_run_and_are_named(
    farm: RunningFarm, blender_command: list[str], tmp_path: Path
) -> None:
    script, blend, mark = tmp_path / "make.py", tmp_path / "trap.blend", tmp_path / "it-ran"
    trap = f"open({str(mark)!r}, 'w')"
    script.write_text(
        "import bpy\n"
        f"text = bpy.data.texts.new('trap.py')\ntext.write({trap!r})\ntext.use_module = True\n"
        f"bpy.ops.wm.save_as_mainfile(filepath={str(blend)!r})\n"
    )
    run_in_blender(blender_command, script)
    assert "trap.py" in farm.validated(blend)["analysis"]["blockedScripts"]
    assert not mark.exists()


def test_a_job_cannot_be_validated_twice(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.validated(scene_file("animated"))
    assert farm.api.post(f"/jobs/{job['id']}/validate").status_code == 400


def test_a_blender_that_cannot_be_started_fails_the_job_with_a_reason(
    start_farm: Callable[..., RunningFarm], tmp_path: Path
) -> None:
    farm = start_farm(command=[str(tmp_path / "no-such-blender")])
    path = tmp_path / "a.blend"
    path.write_bytes(b"BLENDER")
    assert failed(farm, path)["type"] == "no_blender"


def hang_in_validation(farm: RunningFarm, path: Path) -> str:
    """A job whose Blender stands still while it has the file in hand."""
    before = set(farm.blender_processes())
    job_id = farm.new_job(path)
    farm.ask(f"/jobs/{job_id}/validate")
    wait_until(lambda: set(farm.blender_processes()) > before, "a Blender is at work")
    for process in set(farm.blender_processes()) - before:
        os.kill(process, signal.SIGSTOP)
    return job_id


def test_a_file_that_hangs_while_it_is_opened_does_not_keep_the_next_one_waiting(
    start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    hanging = hang_in_validation(farm, scene_file("animated"))
    assert farm.validated(scene_file("animated"))["status"] == "validated"
    assert farm.job(hanging)["status"] == "validating"


def test_many_files_at_once_start_no_more_than_two_blenders(
    start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm()
    farm.wait_until_confinement_is_known()
    hanging = [hang_in_validation(farm, scene_file("animated")) for _ in range(2)]
    waiting = farm.new_job(scene_file("animated"))
    farm.ask(f"/jobs/{waiting}/validate")
    assert len(farm.blender_processes()) == 2
    farm.ask(f"/jobs/{hanging[0]}/cancel")
    assert farm.wait_for(waiting, "validated", "failed")["status"] == "validated"
