"""Calls that want too much of the farm, and names that want elsewhere."""

import asyncio
import hashlib
import hmac
import json
import os
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from running_farm import API, RunningFarm
from waiting import wait_until

from farmhand.farm.api import bodies
from farmhand.farm.api.auth import FARM_API
from farmhand.farm.api.bodies import MAX_BYTES, MAX_DEPTH
from farmhand.farm.errors import ApiError
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.objects import is_key
from farmhand.farm.objects.storage import Storage


def render(farm: RunningFarm, job_id: str, **config: Any) -> httpx.Response:
    body = {"requestedRenderConfig": {"colorManagementPreset": "default", **config}}
    return post(farm, job_id, json.dumps(body))


def post(farm: RunningFarm, job_id: str, body: str) -> httpx.Response:
    return farm.api.post(f"/jobs/{job_id}/render", content=body, headers={"Content-Type": "application/json"})


@pytest.fixture(scope="module")
def validated(farm: RunningFarm, scene_file: Callable[..., Path]) -> str:
    return str(farm.validated(scene_file("animated"))["id"])


@pytest.mark.parametrize("path", ["/openapi.json", API + "/jobs"])
def test_strangers_learn_nothing_of_the_farm(farm: RunningFarm, path: str) -> None:
    answer = httpx.get(farm.url + path, trust_env=False)
    assert answer.status_code == 401
    assert "x-farmhand-version" not in answer.headers


@pytest.mark.parametrize(
    "host", ["[::1].evil.example", "localhost:80@evil", "127.0.0.1:80:evil", "127.0.0.1.", "localhost:", "", "a b"]
)
def test_a_host_that_only_begins_like_this_computer_is_refused(farm: RunningFarm, host: str) -> None:
    answer = farm.api.get("/jobs", headers={"Host": host})
    assert answer.status_code in (400, 403)


def test_every_loopback_address_is_this_computer(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm("--host", "127.0.0.2")
    assert farm.api.get("/jobs").status_code == 200
    assert farm.api.get("/jobs", headers={"Host": "evil.example"}).status_code == 403


def test_the_same_frames_named_again_and_again_cost_no_time(farm: RunningFarm, validated: str) -> None:
    started = time.monotonic()
    assert render(farm, validated, frameRanges=["1-1000000"] * 10_000).status_code == 400
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("depth", [MAX_DEPTH, 300, 990, 100_000])
def test_fields_nested_without_end_are_refused(farm: RunningFarm, validated: str, depth: int) -> None:
    config = b'{"requestedRenderConfig":{"colorManagementPreset":"default","x":' + b"[" * depth + b"]" * depth + b"}}"
    answer = farm.api.post(f"/jobs/{validated}/render", content=config, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    farm.api.get("/jobs").raise_for_status()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("depth", [1, 3000])
def test_a_body_that_is_not_utf_8_is_refused(encoding: str, depth: int) -> None:
    hidden = '["\u0122",' + "[" * depth + "]" * depth + "]"  # one of its bytes is a quotation mark

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": hidden.encode(encoding), "more_body": False}

    with pytest.raises(ApiError) as refused:
        asyncio.run(bodies.bounded(receive))
    assert (refused.value.status, refused.value.code) == (400, "not_json")


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 400_000, b"[" * 900_000, b'{"a":' * 150_000])
def test_no_body_takes_long_to_refuse(farm: RunningFarm, body: bytes) -> None:
    started = time.monotonic()
    assert farm.api.post("/jobs", content=body, headers={"Content-Type": "application/json"}).status_code == 400
    assert time.monotonic() - started < 20


def test_a_body_larger_than_any_call_needs_is_refused(farm: RunningFarm) -> None:
    answer = farm.api.post("/uploads", json={"fileName": "a" * MAX_BYTES + ".blend", "fileType": "blend"})
    assert answer.status_code == 413


def test_a_file_name_longer_than_any_disk_takes_is_refused(farm: RunningFarm) -> None:
    assert farm.api.post("/uploads", json={"fileName": "a" * 2000 + ".blend", "fileType": "blend"}).status_code == 400


@pytest.mark.parametrize("value", ["Infinity", "NaN", "-Infinity", "1e999", "0"])
def test_a_frame_rate_that_is_no_number_is_refused(farm: RunningFarm, validated: str, value: str) -> None:
    body = f'{{"requestedRenderConfig":{{"colorManagementPreset":"default","fps":{value}}}}}'
    assert post(farm, validated, body).status_code == 400


@pytest.mark.parametrize(
    "field", [r'"x": "\ud800"', r'"\udfff": 1', '"x": NaN', '"x": [Infinity]', '"notes": "\\ud800"']
)
def test_what_could_not_be_sent_again_is_refused(farm: RunningFarm, validated: str, field: str) -> None:
    body = f'{{"requestedRenderConfig": {{"colorManagementPreset": "default", {field}}}}}'
    assert post(farm, validated, body).status_code == 400
    farm.api.get("/jobs").raise_for_status()


def test_a_record_of_an_older_farm_that_cannot_be_sent_spoils_no_list(
    start_farm: Callable[..., RunningFarm], scene_file: Callable[..., Path]
) -> None:
    farm = start_farm()
    job_id = farm.validated(scene_file("animated"))["id"]
    with sqlite3.connect(farm.data / "farm.sqlite3") as state:
        state.execute("UPDATE jobs SET analysis = ?", ('{"fps": NaN, "path": "\\udce4"}',))
    state.close()
    (job,) = farm.api.get("/jobs").raise_for_status().json()["jobs"]
    assert (job["id"], job["analysis"]) == (job_id, None)


KEYS = [
    "/etc/hostname", "../farm.sqlite3", "uploads/../../secret", "uploads//a", "./a", "", "a/", "C:/x", "a\\b", "a\0b",
    "uploads/a:b", "a\nb",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_leaves_the_storage_is_none(key: str, tmp_path: Path) -> None:
    assert not is_key(key)
    with pytest.raises(ValueError, match="not the key"):
        FolderObjects(tmp_path).path(key)


@pytest.mark.parametrize("key", ["/etc/hostname", "../farm.sqlite3", "../secret", "jobs/x/frames/0001.png"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_secret_alone_opens_nothing_outside_of_the_storage(farm: RunningFarm, key: str, method: str) -> None:
    secret = bytes.fromhex((farm.data / "secret").read_text())
    expires = str(int(time.time()) + 1000)
    storage_key = hmac.new(secret, b"storage", hashlib.sha256).digest()
    signature = hmac.digest(storage_key, f"{method}\n{key}\n{expires}".encode(), "sha256").hex()
    url = f"{farm.url}/storage/{quote(key, safe='')}?expires={expires}&signature={signature}"
    answer = httpx.request(method, url, content=b"forged", trust_env=False)
    assert answer.status_code in (403, 404)


def test_a_link_to_the_storage_follows_no_link_of_the_disk(farm: RunningFarm) -> None:
    place = farm.data / "objects" / "jobs" / "linked"
    place.mkdir(parents=True)
    (place / "a.png").symlink_to(farm.data / "secret")
    secret = bytes.fromhex((farm.data / "secret").read_text())
    link = Storage(FolderObjects(farm.data), secret).link(farm.url, "jobs/linked/a.png", "GET", int(time.time()) + 1000)
    assert httpx.get(link, trust_env=False).status_code == 404


def test_of_two_uploads_to_one_link_the_first_stays(farm: RunningFarm) -> None:
    target = farm.ask("/uploads", fileName="scene.blend", fileType="blend")
    port = int(farm.url.rpartition(":")[2])
    head = (
        f"PUT {target['uploadUrl'].removeprefix(farm.url)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Connection: close\r\nContent-Length: 6\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as first,
        socket.create_connection(("127.0.0.1", port), timeout=10) as second,
    ):
        for each in (first, second):
            each.sendall(head.encode() + b"abc")
        parts = farm.data / "objects" / "uploads"
        begun = f"{target['slug']}.*.part"
        wait_until(lambda: len(list(parts.glob(begun))) == 2, "both have begun")
        first.sendall(b"def")
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        farm.ask("/jobs", slug=target["slug"])
        second.sendall(b"xyz")
        assert second.recv(100).startswith(b"HTTP/1.1 409")
    assert (farm.data / "objects" / "uploads" / f"{target['slug']}.blend").read_bytes() == b"abcdef"


def test_objects_are_never_taken_for_pages(farm: RunningFarm, scene_file: Callable[..., Path]) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    (frame,) = farm.downloads(job["id"])["frameOutputs"]
    assert httpx.get(frame["url"], trust_env=False).headers["x-content-type-options"] == "nosniff"


def test_the_farms_folder_is_for_its_user_alone(start_farm: Callable[..., RunningFarm]) -> None:
    before = os.umask(0)
    try:
        farm = start_farm()
    finally:
        os.umask(before)
    assert farm.data.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("after", [2**63, -(2**63) - 1, 10**30])
def test_a_frame_beyond_any_number_is_refused(farm: RunningFarm, validated: str, after: int) -> None:
    answer = farm.api.get(f"{farm.url}{FARM_API}/jobs/{validated}/frames", params={"after": after})
    assert answer.status_code == 400


def test_a_call_with_two_lengths_is_refused_and_ends_its_connection(farm: RunningFarm) -> None:
    place = httpx.URL(farm.url)
    head = f"GET /health HTTP/1.1\r\nHost: {place.host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    hidden = f"GET /health HTTP/1.1\r\nHost: {place.host}\r\n\r\n"
    with socket.create_connection((place.host, place.port or 0), timeout=10) as connection:
        connection.sendall(f"{head}0\r\n\r\n{hidden}".encode())
        told = b""
        while piece := connection.recv(65536):
            told += piece
    assert told.startswith(b"HTTP/1.1 400")
    assert told.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\nSet-Cookie: x.blend", "a__Set-Cookie: x.blend"), ("\x1b[31m\u202egpj.blend", "_[31m_gpj.blend"),
        ("a\u2028b\0.blend", "a_b_.blend"), ("雪　山 é.blend", "雪　山 é.blend"),
        ("a\u200b\ufeff\xad\U000e0041.blend", "a____.blend"), ("می\u200cروم.blend", "می\u200cروم.blend"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_holds_nothing_that_a_page_or_a_terminal_acts_on(
    farm: RunningFarm, scene_file: Callable[..., Path], name: str, shown: str
) -> None:
    job_id = farm.ask("/jobs", slug=farm.upload(scene_file("animated"), name))["id"]
    assert farm.job(job_id)["sceneFile"]["fileName"] == shown
