"""Every field of the render config is honored, and what could not be had is said."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from running_farm import RunningFarm

Scenes = Callable[..., Path]


def only_frame(farm: RunningFarm, job_id: str) -> Image.Image:
    return Image.open(io.BytesIO(next(iter(farm.frames(job_id).values()))))


def test_what_was_asked_for_is_what_is_used(farm: RunningFarm, scene_file: Scenes) -> None:
    asked = {
        "frameRanges": ["2"],
        "renderEngine": "CYCLES",
        "compositorDevice": "CPU",
        "denoisingEnabled": False,
        "sampleCount": 3,
        "useTiling": True,
        "tileSize": 256,
        "minimumRam": 1,
        "fps": 25.0,
        "resolution": [40, 30],
        "resolutionPercentage": 50,
        "notes": "for the client",
        "outputFormat": "PNG",
    }
    settings = {"colorMode": "RGB", "colorDepth": "16", "compression": 90}
    job = farm.rendered(scene_file("animated"), **asked, outputSettings=settings)
    assert job["finalConfig"] == job["finalConfig"] | asked
    assert job["finalConfig"]["outputSettings"] == job["finalConfig"]["outputSettings"] | settings
    assert only_frame(farm, job["id"]).size == (20, 15)


def test_a_fractional_frame_rate_is_kept(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["1"], fps=23.976)
    assert abs(job["finalConfig"]["fps"] - 23.976) < 1e-4


def test_another_format_gives_files_of_that_format(farm: RunningFarm, scene_file: Scenes) -> None:
    config = {"outputFormat": "JPEG", "outputSettings": {"colorMode": "BW", "quality": 50}}
    job = farm.rendered(scene_file("animated"), frameRanges=["1"], **config)
    assert list(farm.frames(job["id"])) == ["frames/0001.jpg"]
    assert only_frame(farm, job["id"]).mode == "L"


def test_the_codec_of_tiff_files_is_used(farm: RunningFarm, scene_file: Scenes) -> None:
    config = {"outputFormat": "TIFF", "outputSettings": {"tiffCodec": "LZW"}}
    job = farm.rendered(scene_file("animated"), frameRanges=["1"], denoiserType="OPTIX", **config)
    assert only_frame(farm, job["id"]).info["compression"] == "tiff_lzw"
    assert job["finalConfig"]["outputSettings"]["tiffCodec"] == "LZW"
    assert any("OptiX denoising needs an NVIDIA GPU" in notice for notice in job["finalConfig"]["notices"])


def test_a_gpu_that_is_not_there_is_replaced_by_the_cpu_and_noted(farm: RunningFarm, scene_file: Scenes) -> None:
    wanted = {"computeDeviceType": "HIP", "gpuCount": 2}
    final = farm.rendered(scene_file("animated"), frameRanges=["1"], **wanted)["finalConfig"]
    assert final["computeDeviceType"] == "NONE"
    assert "No GPU was found: Cycles renders on the CPU." in final["notices"]


def test_a_color_mode_that_a_format_cannot_hold_fails_with_a_reason(farm: RunningFarm, scene_file: Scenes) -> None:
    config = {"outputFormat": "JPEG", "outputSettings": {"colorMode": "RGBA"}}
    job = farm.rendered(scene_file("animated"), frameRanges=["1"], **config)
    assert (job["status"], job["failedReason"]["type"]) == ("failed", "output_format")


def test_a_movie_becomes_an_image_sequence_and_is_noted(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("movie"), frameRanges=["1-2"])
    assert list(farm.frames(job["id"])) == ["frames/0001.png", "frames/0002.png"]
    assert any("movie" in notice for notice in job["finalConfig"]["notices"])


def test_both_eyes_of_a_stereo_scene_come_back(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("stereo"), frameRanges=["1"])
    outputs = farm.downloads(job["id"])["frameOutputs"]
    assert [(each["relativePath"], each["view"]) for each in outputs] == [
        ("frames/0001_L.png", "_L"),
        ("frames/0001_R.png", "_R"),
    ]


def test_what_a_file_output_node_writes_comes_back_under_its_name(
    each_blender_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm(command=each_blender_command)
    job = farm.rendered(scene_file("file_output", each_blender_command), frameRanges=["1-2"])
    outputs = farm.downloads(job["id"])["compositeNodeOutputs"]
    assert {each["compositeNodeName"] for each in outputs} == {"Beauty Pass"}
    assert len(outputs) == 2
    assert all(each["relativePath"].startswith("composite/Beauty_Pass/") for each in outputs)


def test_a_frame_before_zero_is_rendered(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["-5"])
    assert job["status"] == "completed", job["failedReason"]


def test_aces_is_used_where_blender_has_it_and_refused_where_not(
    each_blender_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm(command=each_blender_command)
    job = farm.validated(scene_file("animated", each_blender_command))
    config = {"colorManagementPreset": "aces", "frameRanges": ["1"]}
    answer = farm.api.post(f"/jobs/{job['id']}/render", json={"requestedRenderConfig": config})
    if job["analysis"]["acesViews"]:
        assert farm.wait_for(job["id"], "completed")["finalConfig"]["viewTransform"].startswith("ACES")
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_aces")
