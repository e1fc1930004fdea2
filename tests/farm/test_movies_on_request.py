"""When a farm makes preview videos: always, on request, or never; and with a Blender that cannot write H.264."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_farm import RunningFarm
from test_movies import video_of
from waiting import PATIENCE, wait_until

from cache import CHROOT_BLENDERS, chroot_blender

Scenes = Callable[..., Path]
WITHOUT_H264 = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
const void *avcodec_find_encoder(int id) {
    const void *(*real)(int) = dlsym(RTLD_NEXT, "avcodec_find_encoder");
    return id == 27 ? NULL : real(id);  /* AV_CODEC_ID_H264 */
}
const void *avcodec_find_encoder_by_name(const char *name) {
    const void *(*real)(const char *) = dlsym(RTLD_NEXT, "avcodec_find_encoder_by_name");
    return strstr(name, "264") ? NULL : real(name);
}
"""
"""Before a Blender that uses the system's FFmpeg, this makes it one that was built without H.264."""


def video(farm: RunningFarm, job_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = farm.downloads(job_id)["transforms"]["video"]
    return found


def movies_of(farm: RunningFarm) -> list[Path]:
    return list((farm.data / "objects").rglob("*.mp4"))


def test_on_request_no_blender_starts_until_the_video_is_fetched_and_then_one_for_all_who_fetch_it(
    start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm("--videos", "on-request")
    job_id = farm.start_render(scene_file("animated"), fps=30, frameRanges=["1-3"])
    assert video(farm, job_id) is None  # not completed: it may still come
    farm.wait_for(job_id, "completed")
    time.sleep(2.0)
    assert not (farm.data / "work" / "movies").exists() and not movies_of(farm)
    told = video(farm, job_id)
    assert told is not None
    assert {"frames": 3, "fps": 30.0, "fileName": "scene.mp4"}.items() <= told.items()
    answers: list[bytes] = []
    callers = [threading.Thread(target=lambda: answers.append(farm.fetch(told["url"]))) for _ in range(3)]
    for each in callers:
        each.start()
    for each in callers:
        each.join(PATIENCE)
    assert len(set(answers)) == 1 and len(answers) == 3
    assert answers[0][4:8] == b"ftyp"
    made = video(farm, job_id)
    assert made is not None
    assert (made["frames"], made["bytes"]) == (3, len(answers[0]))
    log = (farm.data / "logs" / "farm.log").read_text(encoding="utf-8")
    assert "ERROR" not in log and "WARNING" not in log


def test_a_single_frame_has_no_video_to_request_and_a_link_that_was_not_given_makes_none(
    start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm("--videos", "on-request")
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    assert video(farm, job["id"]) == {}
    several = farm.rendered(scene_file("animated"), frameRanges=["1-2"])
    told = video(farm, several["id"])
    assert told is not None
    assert httpx.get(told["url"].partition("?")[0], trust_env=False).status_code == 403
    assert not (farm.data / "work" / "movies").exists()


def test_a_farm_that_makes_none_says_so(start_farm: Callable[..., RunningFarm], scene_file: Scenes) -> None:
    farm = start_farm("--videos", "never")
    job_id = farm.rendered(scene_file("animated"), frameRanges=["1-2"])["id"]
    assert video(farm, job_id) == {"notice": "This farm makes no videos."}
    assert not movies_of(farm)


@pytest.fixture(scope="session")
def without_h264(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The words before the command of a Blender that make it one without an encoder for H.264."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("a C compiler is not here")
    folder = tmp_path_factory.mktemp("without")
    (folder / "without.c").write_text(WITHOUT_H264, encoding="utf-8")
    library = folder / "without.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "without.c", "-ldl"], check=True)
    return ["/usr/bin/env", f"LD_PRELOAD={library}"]


@pytest.fixture(params=CHROOT_BLENDERS)
def chroot_command(request: pytest.FixtureRequest) -> list[str]:
    """Blenders that use the system's FFmpeg."""
    wrapper = chroot_blender(request.param)
    if not wrapper.exists():
        pytest.skip(f"Blender {request.param} is not here: run `make blender` as root on Debian")
    return [str(wrapper)]


@pytest.mark.parametrize("when", ["always", "on-request"])
def test_a_job_is_completed_by_a_blender_without_h264_and_who_wants_the_video_is_told_why_there_is_none(
    when: str,
    chroot_command: list[str],
    without_h264: list[str],
    start_farm: Callable[..., RunningFarm],
    scene_file: Scenes,
) -> None:
    scene = scene_file("animated", chroot_command)
    farm = start_farm("--videos", when, "--confine", "off", command=[*without_h264, *chroot_command])
    job = farm.rendered(scene, frameRanges=["1-3"])
    assert (job["status"], len(farm.frames(job["id"]))) == ("completed", 3), job["failedReason"]
    if when == "on-request":
        told = video(farm, job["id"])
        assert told is not None
        refused = httpx.get(told["url"], trust_env=False, timeout=60)
        assert refused.status_code == 409
        assert "This farm's Blender cannot write H.264." in refused.json()["error"]["message"]
    wait_until(lambda: video(farm, job["id"]) is not None, "the job had its turn")
    assert video(farm, job["id"]) == {"notice": "This farm's Blender cannot write H.264."}
    assert farm.job(job["id"])["status"] == "completed"


def test_the_same_blender_with_its_own_encoders_makes_the_video(
    chroot_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    scene = scene_file("animated", chroot_command)
    farm = start_farm("--confine", "off", command=chroot_command)
    assert video_of(farm, farm.rendered(scene, frameRanges=["1-3"])["id"])["frames"] == 3
