"""The whole way through a farm, with real Blenders."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from running_farm import RunningFarm
from waiting import wait_until

from cache import chroot_blender

Scenes = Callable[..., Path]
StartFarm = Callable[..., RunningFarm]


def test_a_scene_comes_back_as_its_frames(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("animated"))
    assert job["status"] == "completed", job["failedReason"]
    assert list(farm.frames(job["id"])) == [f"frames/{n:04d}.png" for n in range(1, 6)]


@pytest.mark.parametrize("version", ["4.3.2", "5.2.2"])
def test_a_scene_is_rendered_by_a_distribution_s_blender(
    start_farm: StartFarm, scene_file: Scenes, version: str
) -> None:
    blender = chroot_blender(version)
    if not blender.exists():
        pytest.skip(f"Blender {version} is not here: run `make blender` as root on Debian")
    command = [str(blender)]
    farm = start_farm(command=command)
    job = farm.rendered(scene_file("animated", command), frameRanges=["1-2"])
    assert job["status"] == "completed", job["failedReason"]
    assert len(farm.frames(job["id"])) == 2


def test_the_oldest_and_a_new_blender_render(
    each_blender_command: list[str], start_farm: StartFarm, scene_file: Scenes
) -> None:
    farm = start_farm(command=each_blender_command)
    job = farm.rendered(scene_file("animated", each_blender_command), frameRanges=["2"])
    assert list(farm.frames(job["id"])) == ["frames/0002.png"]


def test_frames_show_up_one_by_one_while_the_job_renders(farm: RunningFarm, scene_file: Scenes) -> None:
    job_id = farm.start_render(scene_file("steady"))
    wait_until(lambda: len(farm.downloads(job_id)["frames"]) >= 1, "a frame is there")
    assert farm.job(job_id)["status"] == "rendering"
    farm.ask(f"/jobs/{job_id}/cancel")


def test_the_counters_tell_what_is_done_and_what_is_under_way(farm: RunningFarm, scene_file: Scenes) -> None:
    job_id = farm.start_render(scene_file("steady"))
    wait_until(lambda: farm.frames_done(job_id) >= 1, "a frame is done")
    counters = next(each for each in farm.api.get("/jobs/progress").json() if each["jobId"] == job_id)
    farm.ask(f"/jobs/{job_id}/cancel")
    assert (counters["status"], counters["framesTotal"], counters["framesFailed"]) == ("rendering", 20, 0)
    assert 1 <= counters["framesRendering"] <= 2


def test_a_file_is_validated_while_another_job_renders(farm: RunningFarm, scene_file: Scenes) -> None:
    slow = farm.start_render(scene_file("slow"))
    farm.wait_for(slow, "rendering")
    assert farm.validated(scene_file("animated"))["status"] == "validated"
    assert farm.job(slow)["status"] == "rendering"
    farm.ask(f"/jobs/{slow}/cancel")


def test_the_numbers_of_a_finished_job_are_real(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("animated"))
    assert 0 < job["normalizedSeconds"] < 60
    assert farm.fetch(job["previewUrl"]).startswith(b"\x89PNG")
    assert farm.api.get(f"/jobs/{job['id']}/progress").json() == []


def test_a_zip_is_unpacked_and_rendered(farm: RunningFarm, scene_file: Scenes, tmp_path: Path) -> None:
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(scene_file("animated"), "shot.blend")
        archive.writestr("textures/unused.txt", "x")
    job = farm.rendered(package, frameRanges=["1"])
    assert job["status"] == "completed", job["failedReason"]


def test_a_second_start_of_a_render_changes_nothing(farm: RunningFarm, scene_file: Scenes) -> None:
    job_id = farm.start_render(scene_file("animated"), frameRanges=["1"])
    body = {"requestedRenderConfig": {"colorManagementPreset": "default", "frameRanges": ["1-5"]}}
    answer = farm.api.post(f"/jobs/{job_id}/render", json=body)
    assert (answer.status_code, answer.headers["x-idempotent-replay"]) == (200, "true")
    assert answer.json()["requestedConfig"]["frameRanges"] == ["1"]


@pytest.mark.parametrize("body", [{}, {"requestedRenderConfig": {}}, {"requestedRenderConfig": {"fps": 24}}])
def test_a_render_without_a_config_is_refused(farm: RunningFarm, scene_file: Scenes, body: dict[str, object]) -> None:
    job = farm.validated(scene_file("animated"))
    assert farm.api.post(f"/jobs/{job['id']}/render", json=body).status_code == 400


def test_one_upload_makes_several_jobs(farm: RunningFarm, scene_file: Scenes) -> None:
    slug = farm.upload(scene_file("animated"))
    assert farm.ask("/jobs", slug=slug)["id"] != farm.ask("/jobs", slug=slug)["id"]


def test_jobs_are_listed_newest_first_by_page_and_status(start_farm: StartFarm, scene_file: Scenes) -> None:
    farm = start_farm()
    slug = farm.upload(scene_file("animated"))
    ids = [farm.ask("/jobs", slug=slug)["id"] for _ in range(3)]
    farm.ask(f"/jobs/{ids[1]}/cancel")
    page = farm.api.get("/jobs?page=2&pageSize=2").json()
    assert [job["id"] for job in page["jobs"]] == [ids[0]]
    assert page["pagination"] == {"page": 2, "pageSize": 2, "total": 3, "totalPages": 2}
    assert [job["id"] for job in farm.api.get("/jobs?status=canceled").json()["jobs"]] == [ids[1]]


def test_a_range_of_a_frame_is_served(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    url = farm.downloads(job["id"])["frames"][0]
    whole = httpx.get(url, trust_env=False)
    part = httpx.get(url, headers={"Range": "bytes=10-", "If-Range": whole.headers["etag"]}, trust_env=False)
    assert (part.status_code, part.content) == (206, whole.content[10:])
    changed = httpx.get(url, headers={"Range": "bytes=10-", "If-Range": '"other"'}, trust_env=False)
    assert (changed.status_code, changed.content) == (200, whole.content)
