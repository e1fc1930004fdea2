"""Downloads that are wrong, cut short, silent, or canceled: what is taken of them, and how soon they end."""

from __future__ import annotations

import socket
import struct
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from ranges import DATA, ETAG, serves_ranges
from stopping import stops_when_asked
from told_server import hang_up
from waiting import PATIENCE

from farmhand.client.cancellation import CancelToken
from farmhand.client.errors import (
    LocalProblem,
    Malformed,
    NotFound,
    Stopped,
    Unauthorized,
    Unreachable,
)
from farmhand.client.transfer.bandwidth import BandwidthLimit
from farmhand.client.transfer.download import fetch
from farmhand.client.transfer.piece_size import PART, SMALLEST

pytestmark = pytest.mark.parametrize("scheme", ["http", "https"])


@pytest.mark.parametrize("status", [200, 206])
def test_a_wrong_length_is_refused(server, pool, part, status):
    server.answers(status, b"short", Content_Range="bytes 0-4/5")
    with pytest.raises(Malformed, match="5 bytes instead of 7"):
        fetch(server.url, part, pool=pool, expected_bytes=7)


def test_a_web_page_in_place_of_a_frame_is_refused_and_keeps_what_is_here(server, pool, part):
    part.write_bytes(b"x" * 10)
    server.answers(200, b"<html>Log in</html>", Content_Type="text/html; charset=utf-8")
    with pytest.raises(Malformed, match="web page"):
        fetch(server.url, part, pool=pool)
    assert part.read_bytes() == b"x" * 10


def test_a_range_that_was_not_asked_for_is_not_taken(server, pool, part):
    server.answers(206, b"tail", Content_Range="bytes 96-99/100")
    with pytest.raises(Malformed):
        fetch(server.url, part, pool=pool)


@pytest.mark.parametrize(
    "told", [f"{'9' * 5000}-{'9' * 5000}/*", f"0-4/{'9' * 5000}", "٠-٤/٥".encode().decode("latin-1")]
)
def test_a_range_that_no_file_has_is_not_taken(server, pool, part, told):
    server.answers(206, b"12345", Content_Range=f"bytes {told}")
    with pytest.raises(Malformed, match="does not match the request"):
        fetch(server.url, part, pool=pool)


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_link_asks_for_a_new_one(server, pool, part, status):
    server.answers(status, b"expired")
    with pytest.raises(Unauthorized, match="invalid or has expired"):
        fetch(server.url, part, pool=pool)


def test_a_chunked_answer_without_a_length_is_read_to_its_end(server, pool, part):
    def answer(handler, asked):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (DATA[:1_000_000], DATA[1_000_000:]):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    server.answer = answer
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == DATA


def test_a_chunked_answer_cut_short_is_unreachable(server, pool, part):
    def answer(handler, asked):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"ff\r\nonly this")
        hang_up(handler)

    server.answer = answer
    with pytest.raises(Unreachable):
        fetch(server.url, part, pool=pool)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("size", [b"-1", b"-f", b"-" + b"f" * 5000])
def test_a_chunk_of_a_negative_size_is_not_read_into_memory(server, pool, part, size, status):
    sent = []

    def answer(handler, asked):
        handler.send_response(status)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(size + b"\r\n")
        for _ in range(800):
            handler.wfile.write(bytes(0x10000))
            sent.append(0x10000)
        hang_up(handler)

    server.answer = answer
    tracemalloc.start()
    try:
        with pytest.raises(Unreachable if status == 200 else NotFound):
            fetch(server.url, part, pool=pool, expected_bytes=100)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10_000_000 and sum(sent) < 50_000_000


@pytest.mark.parametrize("length", ["9" * 4300, f"{'9' * 4000}, {'9' * 4000}", "9_" * 2000 + "9"], ids=len)
@pytest.mark.parametrize("resumed", [False, True])
def test_an_announced_length_that_no_file_has_is_refused_in_a_short_message(server, pool, part, length, resumed):
    if resumed:
        part.write_bytes(b"12345")
        part.with_name(f"{part.name}.version").write_text(ETAG)
        server.answers(206, b"67890", Content_Range="bytes 5-9/10", ETag=ETAG, Content_Length=length)
    else:
        server.answers(200, b"12345", Content_Length=length)
    with pytest.raises(Unreachable, match="invalid Content-Length") as caught:
        fetch(server.url, part, pool=pool)
    assert len(caught.value.what) < 200


def test_a_kept_connection_that_the_server_closed_is_replaced_unnoticed(server, pool, part):
    serves_ranges(server, data=b"frame")
    fetch(server.url, part, pool=pool)
    answer = server.answer

    def close_first(handler, asked):
        server.answer = answer
        handler.close_connection = True

    server.answer = close_first
    fetch(server.url, part, pool=pool)
    assert part.read_bytes() == b"frame"


def test_a_frozen_download_stops_when_asked_and_keeps_what_came(server, pool, part):
    def answer(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(b"ten bytes." * 20_000)
        server.over.wait()

    server.answer = answer
    assert stops_when_asked(lambda cancel: fetch(server.url, part, pool=pool, cancel=cancel))
    # Where the system throws away what waits in a connection that is shut down, the last piece is fetched again.
    assert 200_000 - 65_536 <= part.stat().st_size <= 200_000
    assert (b"ten bytes." * 20_000).startswith(part.read_bytes())


def test_a_connection_that_is_never_accepted_stops_when_asked(pool, part):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        assert stops_when_asked(lambda cancel: fetch(url, part, pool=pool, cancel=cancel))
        for filler in fillers:
            filler.close()


def test_a_silent_server_is_given_up_after_the_time_limit(server, pool, part):
    server.answer = lambda handler, asked: server.over.wait()
    with pytest.raises(Unreachable, match="timed out"):
        fetch(server.url, part, pool=pool)


def test_a_server_that_only_drips_is_given_up_after_the_time_limit(server, pool, part):
    def drip(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not server.over.wait(0.1):
            handler.wfile.write(b".")

    server.answer = drip
    with pytest.raises(Unreachable, match="timed out"):
        fetch(server.url, part, pool=pool)


def test_a_bandwidth_limit_holds_over_all_transfers_together(server, pool, tmp_path):
    serves_ranges(server, data=DATA[:150_000])
    limit = BandwidthLimit(300_000)
    started = time.monotonic()
    threads = [
        threading.Thread(target=fetch, args=(server.url, tmp_path / str(n)), kwargs={"pool": pool, "limit": limit})
        for n in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started >= 0.9


@pytest.mark.parametrize("link", ["", "file:///etc/passwd", "nonsense", "https://"])
def test_a_link_that_is_no_web_address_is_malformed(pool, part, link):
    with pytest.raises(Malformed, match="not a valid web address"):
        fetch(link, part, pool=pool)


def test_a_folder_that_cannot_be_written_is_a_problem_of_this_computer(server, pool, tmp_path):
    serves_ranges(server)
    with pytest.raises(LocalProblem, match="Could not write"):
        fetch(server.url, tmp_path / "missing" / "f.part", pool=pool)


def endless(handler, asked):
    """A body in chunks that never ends, and that lets the other side read it at leisure."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n%s\r\n" % bytes(0x10000))


def test_no_more_is_taken_of_a_file_than_it_should_have(server, pool, part):
    server.answer = endless
    with pytest.raises(Malformed, match="instead of 300,000"):
        fetch(server.url, part, pool=pool, expected_bytes=300_000)
    assert part.stat().st_size <= 300_000


def test_a_file_of_unknown_length_has_a_limit_too(server, pool, part):
    server.answer = endless
    with pytest.raises(Malformed, match="instead of 3,000,000"):
        fetch(server.url, part, pool=pool, max_bytes=3_000_000)
    assert part.stat().st_size <= 3_000_000


def test_a_download_that_is_canceled_is_never_taken_for_one_that_has_ended(server, pool, part):
    def answer(handler, asked):  # no length: the end of the connection is the end of the file
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"half of it")
        handler.wfile.flush()
        server.over.wait()

    server.answer = answer
    assert stops_when_asked(lambda cancel: fetch(server.url, part, pool=pool, cancel=cancel))
    with pytest.raises(Unreachable, match="timed out"):
        fetch(server.url, part, pool=pool)


@pytest.mark.parametrize("sent", [60_000, 300_000, 900_000])
def test_a_connection_that_is_reset_loses_little_of_what_it_brought(server, pool, part, sent):
    def answer(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(DATA)))
        handler.send_header("ETag", ETAG)
        handler.end_headers()
        handler.wfile.write(DATA[:sent])
        handler.wfile.flush()
        time.sleep(0.5)  # a reset also takes away what the other side's system has not handed on yet
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        socket.close(handler.connection.detach())

    server.answer = answer
    with pytest.raises(Unreachable):
        fetch(server.url, part, pool=pool)
    assert sent - max(SMALLEST, sent // PART) <= part.stat().st_size <= sent
    assert part.read_bytes() == DATA[: part.stat().st_size]


def test_a_canceled_download_disturbs_no_other(server, pool, tmp_path):
    serves_ranges(server)
    fast = server.answer
    hangs = threading.Event()

    def answer(handler, asked):
        if asked.path == "/slow":
            hangs.set()
            server.over.wait()
        fast(handler, asked)

    server.answer = answer
    cancel = CancelToken()
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(fetch, f"{server.url}/slow", tmp_path / "slow", pool=pool, cancel=cancel)
        assert hangs.wait(PATIENCE)
        threading.Timer(0.3, cancel.cancel).start()
        while not slow.done():
            fetch(f"{server.url}/fast", tmp_path / "fast", pool=pool)
        with pytest.raises(Stopped):
            slow.result()
