"""What a finished job offers: every file under the name that the scene gives it, every view, and zips of them."""

import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from running_farm import RunningFarm
from waiting import wait_until

Scenes = Callable[..., Path]


@pytest.fixture(scope="module")
def job(farm: RunningFarm, scene_file: Scenes) -> dict[str, Any]:
    """Two frames of two views, with a File Output node."""
    return farm.rendered(scene_file("stereo_file_output"), frameRanges=["1-2"])


def names(outputs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["fileName"], each["view"]) for each in outputs]


def archive(farm: RunningFarm, url: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(farm.fetch(url))) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_every_view_of_frames_and_of_nodes_comes_back_as_the_scene_names_it(
    each_blender_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm(command=each_blender_command)
    job = farm.rendered(scene_file("stereo_file_output", each_blender_command), frameRanges=["3"])
    downloads = farm.downloads(job["id"])
    assert names(downloads["frameOutputs"]) == [("shot_003_v02_L.png", "_L"), ("shot_003_v02_R.png", "_R")]
    nodes = downloads["compositeNodeOutputs"]
    assert [(each["fileName"][:6], each["fileName"][-6:], each["view"]) for each in nodes] == [
        ("beauty", "_L.png", "_L"),
        ("beauty", "_R.png", "_R"),
    ]
    assert {each["compositeNodeName"] for each in nodes} == {"Beauty Pass"}
    assert farm.fetch(nodes[0]["url"]) != farm.fetch(nodes[1]["url"])


def test_a_scene_that_writes_no_frames_gives_the_files_of_its_nodes(
    each_blender_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm(command=each_blender_command)
    job = farm.rendered(scene_file("file_output_alone", each_blender_command), frameRanges=["1-2"])
    assert job["status"] == "completed", job["failedReason"]
    downloads = farm.downloads(job["id"])
    assert (downloads["frameOutputs"], downloads["transforms"]["framesZip"]) == ([], None)
    written = [each["fileName"] for each in downloads["compositeNodeOutputs"]]
    assert [(name[:6], name[-8:]) for name in written] == [("beauty", "0001.png"), ("beauty", "0002.png")]


def test_the_zip_of_frames_holds_them_as_the_scene_names_them(farm: RunningFarm, job: dict[str, Any]) -> None:
    downloads = farm.downloads(job["id"])
    given = downloads["transforms"]["framesZipOutputs"]
    assert (given["fileName"], given["relativePath"]) == ("scene-frames.zip", "frames.zip")
    frames = {each["fileName"]: farm.fetch(each["url"]) for each in downloads["frameOutputs"]}
    assert len(frames) == 4
    assert archive(farm, given["url"]) == archive(farm, downloads["transforms"]["framesZip"]) == frames


def test_the_zip_of_nodes_holds_a_folder_for_each_node(farm: RunningFarm, job: dict[str, Any]) -> None:
    downloads = farm.downloads(job["id"])
    nodes = {each["fileName"]: farm.fetch(each["url"]) for each in downloads["compositeNodeOutputs"]}
    assert len(nodes) == 4
    zipped = archive(farm, downloads["transforms"]["compositeNodesZipOutputs"]["url"])
    assert zipped == {f"Beauty_Pass/{name}": data for name, data in nodes.items()}
    assert archive(farm, downloads["transforms"]["compositeNodesZip"]) == zipped


def test_the_movie_of_a_stereo_job_shows_its_first_view(farm: RunningFarm, job: dict[str, Any]) -> None:
    wait_until(lambda: bool(farm.downloads(job["id"])["transforms"]["video"]), "the movie is made")
    assert farm.downloads(job["id"])["transforms"]["video"]["frames"] == 2


def test_a_scene_without_nodes_has_no_zip_of_them(farm: RunningFarm, scene_file: Scenes) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    transforms = farm.downloads(job["id"])["transforms"]
    assert (transforms["compositeNodesZip"], transforms["compositeNodesZipOutputs"]) == (None, None)


def test_a_zip_is_fetched_in_parts_and_never_lies_on_the_disk(farm: RunningFarm, job: dict[str, Any]) -> None:
    url = farm.downloads(job["id"])["transforms"]["framesZip"]
    whole = farm.fetch(url)
    head = httpx.head(url, trust_env=False)
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(whole)), "bytes")
    assert "scene-frames.zip" in head.headers["content-disposition"]
    for asked, start, stop in (
        ("0-0", 0, 1),
        ("100-4999", 100, 5000),
        (f"{len(whole) - 9}-", -9, None),
        ("-9", -9, None),
    ):
        part = httpx.get(url, headers={"Range": f"bytes={asked}"}, trust_env=False)
        assert (part.status_code, part.content) == (206, whole[start:stop])
    other = httpx.get(url, headers={"Range": "bytes=0-9", "If-Range": '"another"'}, trust_env=False)
    assert (other.status_code, len(other.content)) == (200, len(whole))
    beyond = httpx.get(url, headers={"Range": f"bytes={len(whole)}-"}, trust_env=False)
    assert beyond.status_code == 416
    assert not list((farm.data / "objects" / "jobs").rglob("*.zip"))


def test_curl_goes_on_with_a_zip_where_it_broke(farm: RunningFarm, job: dict[str, Any], tmp_path: Path) -> None:
    url = farm.downloads(job["id"])["transforms"]["framesZip"]
    whole = farm.fetch(url)
    target = tmp_path / "frames.zip"
    target.write_bytes(whole[:3000])
    subprocess.run(["curl", "-sf", "-C", "-", "-o", str(target), url], check=True, timeout=30)
    assert target.read_bytes() == whole


def test_a_zip_without_a_good_link_is_refused(farm: RunningFarm, job: dict[str, Any]) -> None:
    url = farm.downloads(job["id"])["transforms"]["framesZip"]
    refused = httpx.get(url.replace("/frames.zip", "/compositor.zip"), trust_env=False)
    assert refused.status_code == 403


def test_a_frame_whose_file_was_removed_while_the_job_rendered_is_rendered_again(
    farm: RunningFarm, scene_file: Scenes
) -> None:
    job_id = farm.start_render(scene_file("steady"), frameRanges=["1-8"])
    while not (outputs := farm.downloads(job_id)["frameOutputs"]):
        pass
    (farm.data / "objects" / urlsplit(outputs[0]["url"]).path.removeprefix("/storage/")).unlink()
    assert farm.wait_for(job_id, "failed", "completed")["status"] == "completed"
    assert len(farm.frames(job_id)) == 8
