"""A farm whose files are in an S3 bucket, of a real server: nothing passes through the farm, and nothing is lost."""

import hashlib
import io
import json
import shlex
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from bucket_server import BUCKET, SECRET, BucketServer, without_keys
from command_line import FARMHAND
from painting_farm import PaintingFarm, picture
from people import Person, manage
from running_farm import OVER, RunningFarm
from waiting import wait_until

import left_running
from farmhand.farm.errors import CannotStart
from farmhand.farm.objects.bucket import BucketObjects

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bucket's server is for Linux here")
SCENE = b"BLENDER-v500" + bytes(3000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    running = BucketServer(tmp_path_factory.mktemp("bucket"))
    yield running
    running.stop()


@pytest.fixture
def prefix(server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place of the test's own in the bucket, which its farms can reach."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return f"farms/{uuid.uuid4().hex}"


@pytest.fixture
def start(prefix: str, tmp_path: Path) -> Iterator[Callable[..., PaintingFarm]]:
    """Call to start a farm with its files in the bucket; settings of the farm as keywords."""
    farms: list[PaintingFarm] = []

    def start_farm(**settings: Any) -> PaintingFarm:
        place = {"objects": f"s3://{BUCKET}/{prefix}", "shortage_seconds": 0.3, **settings}
        farms.append(PaintingFarm(tmp_path / f"farm{len(farms)}", **place))
        return farms[-1]

    yield start_farm
    for farm in farms:
        farm.kill()


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "shot.blend"
    path.write_bytes(SCENE)
    return path


Start = Callable[..., PaintingFarm]


def rendered(farm: RunningFarm, scene: Path, frames: str = "1-3") -> str:
    job = farm.rendered(scene, frameRanges=[frames])
    assert job["status"] == "completed", job["failedReason"]
    return str(job["id"])


def test_files_go_straight_to_the_bucket_and_straight_from_it(
    start: Start, scene: Path, server: BucketServer, prefix: str
) -> None:
    farm = start()
    target = farm.ask("/uploads", fileName="shot.blend", fileType="blend")
    assert target["uploadUrl"].startswith(f"{server.url}/{BUCKET}/{prefix}/")
    job_id = rendered(farm, scene)
    downloads = farm.downloads(job_id)
    links = {each["relativePath"]: each["url"] for each in downloads["frameOutputs"]}
    assert all(link.startswith(f"{server.url}/") for link in links.values())
    assert {name: farm.fetch(link) for name, link in links.items()} == {f"{n:04d}.png": picture(n) for n in (1, 2, 3)}
    with zipfile.ZipFile(io.BytesIO(farm.fetch(downloads["transforms"]["framesZip"]))) as opened:
        assert sorted(opened.read(name) for name in opened.namelist()) == sorted(picture(n) for n in (1, 2, 3))
    part = httpx.get(links["0001.png"], headers={"Range": "bytes=1-3"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"PNG")
    page = httpx.get(farm.job(job_id)["pageUrl"], trust_env=False)
    assert f"img-src 'self' {server.url};" in page.headers["Content-Security-Policy"]
    assert not list((farm.data / "objects").rglob("*"))
    assert [key for key in server.keys(prefix) if key.startswith("jobs/")] == [
        f"jobs/{job_id}/{n:04d}.png" for n in (1, 2, 3)
    ]


def test_a_scene_goes_from_the_command_line_by_the_bucket_to_frames_on_disk(
    prefix: str, server: BucketServer, tmp_path: Path, blender_command: list[str], scene_file: Callable[..., Path]
) -> None:
    farm = RunningFarm(tmp_path / "farm", blender_command, "--objects", f"s3://{BUCKET}/{prefix}")
    own = {"FARMHAND_HOME": str(tmp_path / "home"), "FARMHAND_API_KEY": farm.token, "FARMHAND_SERVER": farm.url}
    words = ["submit", str(scene_file("animated")), "--frames", "1-2", "--output", str(tmp_path / "out"), "--wait"]
    environment = {**without_keys(), **own, "BLENDER": shlex.join(blender_command)}
    (tmp_path / "home").mkdir()
    try:
        done = subprocess.run(
            [*FARMHAND, *words, "--json"], env=environment, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert [Path(frame).read_bytes()[:4] for frame in result["frames"]] == [b"\x89PNG", b"\x89PNG"]
        wait_until(lambda: bool(farm.downloads(result["job"])["transforms"]["video"]), "there is a video")
        video = farm.downloads(result["job"])["transforms"]["video"]
        assert video["url"].startswith(server.url)
        assert farm.fetch(video["url"])[4:8] == b"ftyp"
        assert not (farm.data / "objects").exists()
    finally:
        left_running.end_all(tmp_path / "home")
        farm.stop()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
def test_a_link_is_good_for_one_file_one_way_and_a_time(start: Start, scene: Path, method: str) -> None:
    farm = start(link_seconds=5.0)
    job_id = rendered(farm, scene, "1")
    (frame,) = farm.downloads(job_id)["frameOutputs"]
    good = urlsplit(frame["url"])
    other = good._replace(path=good.path.replace("0001", "0002"))
    assert httpx.request(method, other.geturl(), trust_env=False).status_code == 403
    if method == "GET":
        assert httpx.get(frame["url"], trust_env=False).status_code == 200
        time.sleep(6.5)
    assert httpx.request(method, frame["url"], trust_env=False).status_code == 403


def test_renders_wait_for_a_bucket_that_is_away_and_continue(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = BucketServer(tmp_path / "bucket")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    farm = PaintingFarm(tmp_path / "farm", seconds=0.3, objects=f"s3://{BUCKET}", shortage_seconds=0.3, workers=1)
    try:
        job_id = farm.start_render(scene, frameRanges=["1-12"])
        wait_until(lambda: farm.frames_done(job_id) > 2, "frames are done")
        server.stop()
        wait_until(lambda: bool(farm.job(job_id)["pausedReason"]), "the job says that it waits")
        assert "cannot reach its storage" in farm.job(job_id)["pausedReason"]
        assert "does not answer" in farm.job(job_id)["pausedReason"]
        answer = farm.api.post(
            "/jobs", json={"slug": farm.ask("/uploads", fileName="a.blend", fileType="blend")["slug"]}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unreachable")
        server.start()
        assert farm.wait_for(job_id, *OVER)["status"] == "completed"
        assert farm.frames(job_id) == {f"{n:04d}.png": picture(n) for n in range(1, 13)}
        assert sorted(farm.renders(job_id)) == list(range(1, 13))
    finally:
        farm.kill()
        server.stop()


@pytest.mark.parametrize(
    ("place", "changed", "words"),
    [
        ("s3://other-bucket", {}, "cannot use s3://other-bucket"),
        (f"s3://{BUCKET}", {"AWS_SECRET_ACCESS_KEY": "AnotherSecretOfTheTest"}, "refuses the farm's access keys"),
        (f"s3://{BUCKET}", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "does not answer"),
        (f"s3://{BUCKET}", {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no access key for the bucket"),
        ("s3:/studio", {}, "Write --objects as s3://bucket"),
        (f"s3://{BUCKET}/../x", {}, "Write --objects as s3://bucket"),
    ],
)
def test_a_farm_says_at_its_start_what_is_wrong_with_a_bucket(
    server: BucketServer, tmp_path: Path, place: str, changed: dict[str, str | None], words: str
) -> None:
    given = {**without_keys(), **server.environment, **changed}
    environment = {name: value for name, value in given.items() if value is not None}
    command = [sys.executable, "-m", "farmhand.farm", "--data", str(tmp_path), "--objects", place, "--blender", "none"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=80, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    logs = "".join(log.read_text() for log in tmp_path.rglob("*.log"))
    assert not any(secret in done.stderr + logs for secret in (SECRET, given["AWS_SECRET_ACCESS_KEY"] or SECRET))


def test_a_farm_that_removes_a_job_leaves_nothing_of_it(
    start: Start, scene: Path, server: BucketServer, prefix: str
) -> None:
    farm = start(keep_bytes=0, first_removal=12.0, link_seconds=0.0, upload_seconds=8.0)
    job_id = rendered(farm, scene)
    assert len(server.keys(prefix)) == 4 + 1
    usage = httpx.get(
        f"{farm.url}/api/farm/v1/disk", headers={"Authorization": f"Bearer {farm.token}"}, trust_env=False
    ).json()
    assert usage["objects"] == f"s3://{BUCKET}/{prefix}"
    assert usage["uploads"] == len(SCENE)
    assert usage["frames"] == sum(len(picture(n)) for n in (1, 2, 3))
    wait_until(lambda: farm.job(job_id)["output"]["isDeletedForClient"], "the job's files are given up")
    wait_until(lambda: server.keys(prefix) == ["farm"], "they are gone")


@pytest.mark.soak
def test_a_second_farm_is_kept_away_from_the_place_of_the_first(
    start: Start, scene: Path, server: BucketServer, prefix: str, tmp_path: Path
) -> None:
    farm = start()
    job_id = rendered(farm, scene)
    place = f"s3://{BUCKET}/{prefix}"
    words = ["--data", str(tmp_path / "other"), "--blender", "none", "--objects", place]
    command = [sys.executable, "-m", "farmhand.farm", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"The files of another farm are in {place}" in done.stderr and f"{prefix}/farm" in done.stderr
    farm.kill()
    farm.start()
    assert len(farm.frames(job_id)) == 3


@pytest.mark.soak
def test_a_farm_that_is_killed_goes_on_where_it_was_and_stays_with_its_bucket(start: Start, scene: Path) -> None:
    farm = start(seconds=0.2, workers=1)
    job_id = farm.start_render(scene, frameRanges=["1-8"])
    wait_until(lambda: farm.frames_done(job_id) > 1, "frames are done")
    farm.kill()
    command = [sys.executable, "-m", "farmhand.farm", "--data", str(farm.data), "--blender", "none"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Start it with --objects s3://" in done.stderr
    farm.start()
    assert farm.wait_for(job_id, *OVER)["status"] == "completed"
    assert farm.frames(job_id) == {f"{n:04d}.png": picture(n) for n in range(1, 9)}


def test_a_package_that_is_put_again_after_it_was_checked_changes_nothing(
    start: Start, scene: Path, server: BucketServer, prefix: str
) -> None:
    farm = start()
    target = farm.ask("/uploads", fileName="shot.blend", fileType="blend")
    put = httpx.put(target["uploadUrl"], content=SCENE, trust_env=False)
    assert put.status_code == 200
    job_id = farm.ask("/jobs", slug=target["slug"])["id"]
    farm.ask(f"/jobs/{job_id}/validate")
    farm.wait_for(job_id, "validated")
    assert httpx.put(target["uploadUrl"], content=b"another", trust_env=False).status_code == 200
    assert server.read(prefix, f"uploads/{target['slug']}.blend") == SCENE


def test_a_package_that_is_not_there_or_too_large_makes_no_job(start: Start) -> None:
    farm = start(upload_limit=1000)
    target = farm.ask("/uploads", fileName="shot.blend", fileType="blend")
    answer = farm.api.post("/jobs", json={"slug": target["slug"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not_uploaded")
    httpx.put(target["uploadUrl"], content=bytes(1000), trust_env=False).raise_for_status()
    answer = farm.api.post("/jobs", json={"slug": target["slug"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_package_that_grows_after_its_job_was_created_does_not_pass_the_quota(
    start: Start, person: Callable[..., Person], server: BucketServer, prefix: str
) -> None:
    farm = start()
    manage(farm.data, "workspaces", "set", "film", "--max-gib", f"{5000 / 1024**3:.12f}")
    ada = person(farm, "Ada", "--workspace", "film")
    target = ada.ask("/uploads", fileName="shot.blend", fileType="blend")
    httpx.put(target["uploadUrl"], content=SCENE, trust_env=False).raise_for_status()
    job_id = ada.ask("/jobs", slug=target["slug"])["id"]
    httpx.put(target["uploadUrl"], content=SCENE + bytes(5000), trust_env=False).raise_for_status()
    ada.ask(f"/jobs/{job_id}/validate")
    job = ada.wait_for(job_id, "failed")
    assert "This workspace may keep" in job["failedReason"]["name"]
    assert f"uploads/{target['slug']}.blend" not in server.keys(prefix)


NAMES = [
    "plain.png", "two words.png", "a%2Fb.png", "%2e%2e", "a#b?c&d=e.png", "a+b.png", "Glüh日本.png", "a*[b]{c}|d.png",
    "'quoted\".png", "~tilde$.png", "-dash.png", "a;b,c@d!.png", "x" * 180,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_means_the_same_to_the_farm_the_bucket_and_a_link(prefix: str, tmp_path: Path, name: str) -> None:
    objects = BucketObjects(f"s3://{BUCKET}/{prefix}")
    key, content = f"jobs/one/{name}", name.encode()
    for each in (key, "jobs/one-more/kept"):
        file = tmp_path / "made"
        file.write_bytes(content)
        objects.put(file, each)
        assert not file.exists()
    assert objects.size(key) == len(content)
    assert list(objects.names("jobs/one")) == [name]
    assert objects.sizes("jobs/one") == {key: len(content)}
    with objects.open(key) as opened:
        assert opened.read() == content
    assert httpx.get(objects.link(key, "GET", int(time.time()) + 60), trust_env=False).content == content
    objects.fetch(key, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == content
    objects.remove("jobs/one")
    with pytest.raises(FileNotFoundError):
        objects.size(key)
    assert list(objects.names("jobs")) == ["one-more"]


@pytest.mark.parametrize("key", ["../secret", "/etc/hostname", "jobs//a", "jobs/../../a", "a\\b", "a\nb", ""])
def test_a_key_that_leaves_the_prefix_is_none(prefix: str, tmp_path: Path, key: str) -> None:
    objects = BucketObjects(f"s3://{BUCKET}/{prefix}")
    for use in (objects.size, objects.open, objects.remove, objects.arrived, objects.take):
        with pytest.raises(ValueError, match="not the key"):
            use(key)
    with pytest.raises(ValueError, match="not the key"):
        objects.link(key, "PUT", int(time.time()) + 60)


def test_a_large_file_comes_back_whole(prefix: str, tmp_path: Path) -> None:
    objects = BucketObjects(f"s3://{BUCKET}/{prefix}")
    file, block = tmp_path / "large.exr", hashlib.sha256(b"block").digest() * 32_768
    with file.open("wb") as made:
        for _ in range(130):
            made.write(block)
    size = file.stat().st_size
    assert objects.put(file, "jobs/one/large.exr") == size == objects.size("jobs/one/large.exr")
    objects.fetch("jobs/one/large.exr", tmp_path / "fetched")
    assert (tmp_path / "fetched").stat().st_size == size
    with objects.open("jobs/one/large.exr") as opened, (tmp_path / "fetched").open("rb") as fetched:
        assert hashlib.file_digest(opened, "sha256").digest() == hashlib.file_digest(fetched, "sha256").digest()  # type: ignore[arg-type]
        opened.seek(-5, io.SEEK_END)
        assert opened.read() == block[-5:]


@pytest.mark.parametrize(
    "place", ["s3://", "s3://a", "http://bucket", "s3://Bucket", "s3://bucket/a//b", "s3://bucket/.."]
)
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(CannotStart, match="Write --objects as"):
        BucketObjects(place)
