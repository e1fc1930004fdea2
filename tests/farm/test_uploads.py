"""Uploads and the signed links of the storage, on a socket."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from running_farm import RunningFarm
from waiting import wait_until

from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.storage import Storage


def put(url: str, content: bytes) -> httpx.Response:
    return httpx.put(url, content=content, trust_env=False)


def target(farm: RunningFarm) -> dict[str, str]:
    return farm.ask("/uploads", fileName="a.blend", fileType="blend")


def test_a_file_is_uploaded_once_and_then_makes_a_job(farm: RunningFarm) -> None:
    upload = target(farm)
    assert put(upload["uploadUrl"], b"bytes").status_code == 200
    assert farm.ask("/jobs", slug=upload["slug"])["status"] == "created"


def test_a_second_put_to_the_same_link_is_refused(farm: RunningFarm) -> None:
    upload = target(farm)
    put(upload["uploadUrl"], b"first")
    assert put(upload["uploadUrl"], b"second").status_code == 409


def test_an_upload_that_was_whole_when_its_farm_was_killed_makes_a_job(farm: RunningFarm) -> None:
    upload = target(farm)
    place = farm.data / "objects" / urlsplit(upload["uploadUrl"]).path.removeprefix("/storage/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"bytes")  # as the farm puts it there, before it writes down that it has
    assert put(upload["uploadUrl"], b"bytes").status_code == 409
    assert farm.ask("/jobs", slug=upload["slug"])["sceneFile"]["bytes"] == 5


def test_a_link_with_a_changed_signature_is_refused(farm: RunningFarm) -> None:
    url = target(farm)["uploadUrl"]
    forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    assert put(forged, b"bytes").status_code == 403


def test_a_link_for_putting_does_not_get(farm: RunningFarm) -> None:
    upload = target(farm)
    put(upload["uploadUrl"], b"bytes")
    assert httpx.get(upload["uploadUrl"], trust_env=False).status_code == 403


def test_a_link_past_its_time_is_refused(farm: RunningFarm) -> None:
    secret = bytes.fromhex((farm.data / "secret").read_text())
    storage = Storage(FolderObjects(farm.data / "objects"), secret)
    url = storage.link(farm.url, "uploads/x.blend", "PUT", int(time.time()) - 1)
    assert put(url, b"bytes").status_code == 403


def test_a_job_needs_an_upload_that_is_complete(farm: RunningFarm) -> None:
    answer = farm.api.post("/jobs", json={"slug": target(farm)["slug"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not_uploaded")


def test_an_upload_that_breaks_off_leaves_nothing_and_may_be_tried_again(farm: RunningFarm) -> None:
    upload = target(farm)
    parts = urlsplit(upload["uploadUrl"])
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode() + b"half")
    uploads = farm.data / "objects" / "uploads"
    wait_until(lambda: not list(uploads.glob(f"{upload['slug']}*")), "the half file is gone")
    assert put(upload["uploadUrl"], b"whole").status_code == 200


def test_a_file_over_the_limit_is_refused_before_it_is_sent(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm(settings={"upload_limit": 1000})
    assert put(target(farm)["uploadUrl"], bytes(1000)).status_code == 413


def test_an_upload_without_its_size_is_refused(farm: RunningFarm) -> None:
    answer = httpx.put(target(farm)["uploadUrl"], content=iter([b"bytes"]), trust_env=False)
    assert answer.status_code == 411


@pytest.mark.parametrize(("name", "kind"), [("a.png", "blend"), ("a.blend", "zip"), ("a.png", "png"), ("", "blend")])
def test_a_name_and_a_type_that_do_not_match_are_refused(farm: RunningFarm, name: str, kind: str) -> None:
    answer = farm.api.post("/uploads", json={"fileName": name, "fileType": kind})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_the_token_file_is_for_this_user_alone(farm: RunningFarm) -> None:
    path: Path = farm.data / "access.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["pid"] == farm.process.pid


def started(url: str, size: int, first: bytes) -> socket.socket:
    """A connection on which a PUT of so many bytes has begun."""
    place = urlsplit(url)
    sock = socket.create_connection((place.hostname, place.port), timeout=10)
    head = f"PUT {place.path}?{place.query} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {size}\r\n\r\n"
    sock.sendall(head.encode() + first)
    return sock


def parts(farm: RunningFarm) -> list[Path]:
    return list((farm.data / "objects" / "uploads").glob("*.part"))


def test_one_link_is_good_for_few_uploads_at_a_time(farm: RunningFarm) -> None:
    upload = target(farm)
    with started(upload["uploadUrl"], 6, b"abc") as first, started(upload["uploadUrl"], 6, b"abc"):
        wait_until(lambda: len(parts(farm)) == 2, "both have begun")
        refused = put(upload["uploadUrl"], b"abcdef")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "upload_under_way")
        assert int(refused.headers["Retry-After"]) > 0
        assert len(parts(farm)) == 2
        first.sendall(b"def")
        assert first.recv(100).startswith(b"HTTP/1.1 200")
    wait_until(lambda: not parts(farm), "what was begun is gone")
