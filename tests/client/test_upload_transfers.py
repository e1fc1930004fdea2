"""Files go up whole or not at all, say why not, and stop when they are asked to."""

from __future__ import annotations

import os

import pytest
from stopping import stops_when_asked
from told_server import hang_up, reply

from farmhand.client.errors import (
    LocalProblem,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from farmhand.client.transfer import upload
from farmhand.client.transfer.upload import put_file, put_stream

pytestmark = pytest.mark.parametrize("scheme", ["http", "https"])

DATA = os.urandom(3_000_017)


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "package.blend"
    path.write_bytes(DATA)
    return path


def test_an_upload_is_one_put_with_the_exact_length_and_nothing_that_a_signed_link_does_not_expect(
    server, pool, package
):
    server.answers(200)
    put_file(f"{server.url}/bucket/x?X-Amz-Signature=a%2Fb&e=1", package, pool=pool)
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/bucket/x?X-Amz-Signature=a%2Fb&e=1", DATA)
    assert set(asked.headers) == {"Host", "User-Agent", "Accept", "Content-Length"}


def test_an_upload_tells_how_far_it_is(server, pool, package):
    server.answers(200)
    seen = []
    put_file(server.url, package, pool=pool, on_progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == len(DATA)


def test_an_empty_file_is_uploaded_too(server, pool, package):
    package.write_bytes(b"")
    server.answers(200)
    put_file(server.url, package, pool=pool)
    assert server.asked[0].headers["Content-Length"] == "0"


def test_a_file_of_5_gib_is_refused_before_the_first_byte(server, pool, package):
    os.truncate(package, upload.MAX_BYTES)
    with pytest.raises(TooLarge, match=r"5\.00 GiB"):
        put_file(server.url, package, pool=pool)
    assert server.connections == 0


def test_a_missing_package_is_a_problem_of_this_computer(server, pool, tmp_path):
    with pytest.raises(LocalProblem, match="cannot be read"):
        put_file(server.url, tmp_path / "gone.blend", pool=pool)


@pytest.mark.parametrize(
    ("status", "kind"), [(403, Unauthorized), (404, NotFound), (413, TooLarge), (400, Refused), (429, RateLimited)]
)
def test_a_refused_upload_says_why_in_storages_words(server, pool, package, status, kind):
    server.answers(status, b"<Error><Code>X</Code><Message>Request has expired</Message></Error>")
    with pytest.raises(kind, match="Request has expired") as caught:
        put_file(f"{server.url}/x?signature=secret", package, pool=pool)
    assert "secret" not in str(caught.value)


def test_a_refusal_that_comes_before_all_was_sent_is_heard(server, pool, package):
    os.truncate(package, 500_000_000)
    server.reads_bodies = False

    def answer(handler, asked):
        reply(handler, 403, b"expired")
        handler.close_connection = True

    server.answer = answer
    seen = []
    with pytest.raises(Unauthorized, match="expired"):
        put_file(server.url, package, pool=pool, on_progress=seen.append)
    assert max(seen, default=0) < 500_000_000


def test_an_upload_that_breaks_off_is_unreachable(server, pool, package):
    os.truncate(package, 50_000_000)
    server.reads_bodies = False
    server.answer = lambda handler, asked: hang_up(handler)
    with pytest.raises(Unreachable):
        put_file(server.url, package, pool=pool)


def test_a_redirected_upload_sends_the_whole_file_again(server, other_server, pool, package):
    server.answers(307, Location=f"{other_server.url}/region")
    other_server.answers(200)
    put_file(server.url, package, pool=pool)
    assert other_server.asked[0].body == DATA


class Made:
    """Bytes that are made while they are sent."""

    name = "package.zip"

    def __init__(self, *pieces, size=None):
        self.pieces = pieces
        self.size = sum(map(len, pieces)) if size is None else size

    def chunks(self):
        yield from self.pieces


def test_bytes_that_are_made_on_the_way_are_sent_anew_after_a_redirect(server, other_server, pool):
    server.answers(307, Location=f"{other_server.url}/region")
    other_server.answers(200)
    put_stream(server.url, Made(b"one", b"two"), pool=pool)
    assert other_server.asked[0].body == b"onetwo"


@pytest.mark.parametrize("size", [5, 7])
def test_another_number_of_bytes_than_announced_is_never_taken_for_an_upload(server, pool, size):
    server.answers(200)
    with pytest.raises(LocalProblem, match="changed while"):
        put_stream(server.url, Made(b"one", b"two", size=size), pool=pool)


def test_a_file_that_shrinks_while_it_is_sent_breaks_the_upload_off(server, pool, package):
    server.answers(200)
    with pytest.raises(LocalProblem, match="changed while"):
        put_file(server.url, package, pool=pool, on_progress=lambda _: os.truncate(package, 300_000))


def test_a_file_that_changes_while_it_is_sent_without_another_length_breaks_the_upload_off(server, pool, package):
    server.answers(200)
    os.utime(package, (1, 1))

    def change(_):
        with package.open("r+b") as file:
            file.write(b"other bytes")

    with pytest.raises(LocalProblem, match="changed while"):
        put_file(server.url, package, pool=pool, on_progress=change)


def test_an_upload_onto_a_server_that_does_not_read_stops_when_asked(server, pool, package):
    os.truncate(package, 500_000_000)
    server.reads_bodies = False
    server.answer = lambda handler, asked: server.over.wait()
    assert stops_when_asked(lambda cancel: put_file(server.url, package, pool=pool, cancel=cancel))
