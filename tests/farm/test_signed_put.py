"""Requests to a bucket that the farm signs and others send: AWS's own examples, and a real server that checks them."""

import dataclasses
import hashlib
import http.server
import json
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import obstore
import pytest
from bucket_server import BUCKET, KEY, SECRET, BucketServer

from farmhand.farm.objects import bucket_requests
from farmhand.farm.objects.bucket import BucketObjects
from farmhand.farm.objects.signed_put import Content, Signer

BODY = b"What a node has rendered. " * 1000
CONTENT = Content(len(BODY), hashlib.sha256(BODY).hexdigest(), "image/png")
AWS = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "method, place, headers, signature",
    [
        (
            "PUT",
            "test%24file.text",
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
                "x-amz-content-sha256": hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            },
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "test.txt",
            {"Range": "bytes=0-9", "x-amz-content-sha256": NOTHING},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "GET",
            "?max-keys=2&prefix=J",
            {"x-amz-content-sha256": NOTHING},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_are_those_of_the_examples_in_aws_documentation(
    method: str, place: str, headers: dict[str, str], signature: str
) -> None:
    at = datetime(2013, 5, 24, tzinfo=UTC)
    request = AWS.signed(method, f"https://examplebucket.s3.amazonaws.com/{place}", headers, at)
    assert request.headers["Authorization"].endswith(f"Signature={signature}")


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bucket's server is for Linux here")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    running = BucketServer(tmp_path_factory.mktemp("bucket"))
    yield running
    running.stop()


@pytest.fixture(params=["farms/", "with space & ü/"])
def objects(server: BucketServer, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> BucketObjects:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    opened = BucketObjects(f"s3://{BUCKET}/{request.param}{uuid.uuid4().hex}")
    opened.check()
    return opened


def put(objects: BucketObjects, key: str, body: bytes, **changes: str | None) -> int:
    request = objects.signed_put(key, CONTENT)
    assert request is not None
    headers = {name: value for name, value in {**request.headers, **changes}.items() if value is not None}
    return httpx.put(request.url, content=body, headers=headers, trust_env=False).status_code


def test_a_signed_request_puts_what_was_signed_and_nothing_else(objects: BucketObjects) -> None:
    key = "attempts/job/1-a/0"
    other = BODY[:-1] + b"!"
    assert put(objects, key, other) == 400
    assert put(objects, key, BODY + b"!", **{"Content-Length": str(len(BODY) + 1)}) == 403
    assert put(objects, key, other, **{"x-amz-checksum-sha256": None}) == 403
    assert put(objects, key, other, **{"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}) == 403
    assert put(objects, key, BODY, **{"Content-Type": "text/html"}) == 403
    with pytest.raises(FileNotFoundError):
        objects.size(key)
    assert put(objects, key, BODY) == 200
    assert objects.copy(key, "jobs/job/frames/0001.png") == len(BODY)
    assert put(objects, key, other) == 400
    objects.remove("attempts/job")
    assert objects.open("jobs/job/frames/0001.png").read() == BODY


def test_no_address_of_a_signed_request_holds_what_opens_it(objects: BucketObjects) -> None:
    request = objects.signed_put("attempts/job/1-a/0", CONTENT)
    assert request is not None
    assert "?" not in request.url
    assert httpx.put(request.url, content=BODY, trust_env=False).status_code == 403
    assert SECRET not in str(request)


@pytest.mark.parametrize("name, value", [("AWS_SECRET_ACCESS_KEY", ""), ("AWS_ACCESS_KEY_ID", "ANOTHER")])
def test_a_farm_that_does_not_know_its_secret_signs_nothing(
    objects: BucketObjects, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """As with the role of a machine, whose keys obstore keeps to itself."""
    link = objects.link("attempts/check", "GET", int(time.time()) + 60)
    assert bucket_requests.open_requests(lambda _: link, "") is not None
    monkeypatch.setenv(name, value)
    assert bucket_requests.open_requests(lambda _: link, "") is None


class _Machine(http.server.BaseHTTPRequestHandler):
    """What a machine in a cloud answers about its role; keys are renewed 5 minutes before their end."""

    asked = 0

    def do_PUT(self) -> None:
        self._answer("token")

    def do_GET(self) -> None:
        if self.path.endswith("security-credentials/"):
            self._answer("role")
            return
        type(self).asked += 1
        end = (datetime.now(UTC) + timedelta(seconds=302)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": "", "Expiration": end}
        self._answer(json.dumps({**keys, "Code": "Success", "LastUpdated": end, "Type": "AWS-HMAC"}))

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def test_links_of_a_farm_whose_keys_are_a_role_are_signed_at_once(
    server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Machine)
    threading.Thread(target=machine.serve_forever).start()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{machine.server_port}")
    try:
        objects = BucketObjects(f"s3://{BUCKET}/{uuid.uuid4().hex}")
        objects.renew()
        time.sleep(3)
        objects.renew()
        before = _Machine.asked
        assert before > 1
        assert KEY in objects.link("uploads/a.blend", "PUT", int(time.time()) + 60)
        assert _Machine.asked == before
        assert objects.signed_put("attempts/job/1-a/0", CONTENT) is None
    finally:
        machine.shutdown()
        machine.server_close()


def test_a_bucket_that_takes_any_content_gets_nothing_from_nodes(
    server: BucketServer, objects: BucketObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Content.headers.fget  # type: ignore[attr-defined]

    def without_checksum(content: Content) -> dict[str, str]:
        return {**real(content), "x-amz-checksum-sha256": "", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}

    monkeypatch.setattr(Content, "headers", property(without_checksum))
    objects.check()
    assert objects.signed_put("attempts/job/1-a/0", CONTENT) is None


def test_what_is_too_large_for_one_request_is_not_signed(objects: BucketObjects) -> None:
    assert objects.signed_put("attempts/job/1-a/0", dataclasses.replace(CONTENT, bytes=6 * 1024**3)) is None


def test_an_unfinished_upload_and_what_nobody_took_are_removed(objects: BucketObjects, server: BucketServer) -> None:
    """As a farm leaves them that is killed while it sends a file in parts."""
    writer = obstore.open_writer(objects._transfers, "jobs/job/video.mp4", buffer_size=5 * 1024 * 1024)
    writer.write(bytes(12 * 1024 * 1024))
    assert put(objects, "attempts/job/1-a/0", BODY) == 200
    wait = time.time()
    assert objects._requests is not None
    with httpx.Client(trust_env=False) as client:
        assert len(objects._requests.unfinished(client, wait + 60)) == 1
        objects.clean(wait - 60)
        assert len(objects._requests.unfinished(client, wait + 60)) == 1
        assert objects.size("attempts/job/1-a/0") == len(BODY)
        objects.clean(wait + 60)
        assert objects._requests.unfinished(client, wait + 60) == []
    assert objects.sizes("attempts") == {}
