"""Many submissions at once: none waits for another one's render, and files move a few at a time."""

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from carrying import Carrying
from fault_proxy import FaultProxy
from supervisor_here import supervisor_here
from waiting import PATIENCE, wait_until

from farmhand.client.cancellation import NEVER, CancelToken
from farmhand.client.errors import FarmhandError, Stopped
from farmhand.client.transfer.connections import ConnectionPool, Transfer
from farmhand.client.transfer.download import fetch
from farmhand.courier.daemon.supervisor import MOST_UPLOADS
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Stage, State

MANY = 20


def test_no_submission_waits_for_the_renders_of_others(courier: Carrying, proxy: FaultProxy) -> None:
    proxy.add("status", r"^GET /storage/", times=-1, value=503)
    submissions = [courier.submit() for _ in range(MANY)]
    with supervisor_here(courier):
        wait_until(lambda: all(courier.now(one).stage is Stage.PULL for one in submissions), "all are rendered")
        proxy.clear()
        wait_until(lambda: all(courier.now(one).is_over for one in submissions), "all are over")
    assert {courier.now(one).state for one in submissions} == {State.DONE}


def test_a_few_packages_are_sent_at_a_time(courier: Carrying, proxy: FaultProxy) -> None:
    proxy.add("latency", r"^PUT ", times=-1, value=0.3)
    for _ in range(MANY):
        courier.submit()
    most, left = 0, MANY
    with supervisor_here(courier), Journal(courier.home.journal) as journal:
        end = time.monotonic() + 60
        while left and time.monotonic() < end:
            now = journal.submissions()
            left = sum(not one.is_over for one in now)
            most = max(most, sum(one.stage is Stage.UPLOAD and one.state is State.ACTIVE for one in now))
            time.sleep(0.02)
    assert not left
    assert most == MOST_UPLOADS


class _Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "CountingServer"

    def do_GET(self) -> None:
        with self.server.guard:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        time.sleep(0.05)
        with self.server.guard:
            self.server.now -= 1
        status, body = (200, b"a frame") if "good" in self.path else (404, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class CountingServer(ThreadingHTTPServer):
    """Knows how many files were asked of it at the same time."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counting)
        self.guard = threading.Lock()
        self.now = self.most = 0


@pytest.fixture
def counting() -> Iterator[CountingServer]:
    with CountingServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def pool() -> Iterator[ConnectionPool]:
    with ConnectionPool(max_transfers=3) as pool:
        yield pool


def test_so_many_files_move_at_a_time_whoever_pulls_them(
    counting: CountingServer, pool: ConnectionPool, tmp_path: Path
) -> None:
    arrived, problems = list[int](), list[FarmhandError]()

    def pull(number: int) -> None:
        for kind in ("good", "bad", "good"):
            url = f"http://127.0.0.1:{counting.server_port}/{kind}"
            try:
                arrived.append(fetch(url, tmp_path / f"{number}.part", pool=pool).bytes)
            except FarmhandError as problem:
                problems.append(problem)

    threads = [threading.Thread(target=pull, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert (len(arrived), len(problems)) == (24, 12)
    assert counting.most == 3


def test_who_waits_for_a_turn_hears_a_wish_to_stop(
    counting: CountingServer, pool: ConnectionPool, tmp_path: Path
) -> None:
    url, cancel = f"http://127.0.0.1:{counting.server_port}/good", CancelToken()
    with contextlib.ExitStack() as transfers:
        for _ in range(3):
            transfers.enter_context(Transfer(pool, NEVER))
        threading.Timer(0.5, cancel.cancel).start()
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(Stopped):
                fetch(url, tmp_path / "a.part", pool=pool, cancel=cancel)
        assert time.monotonic() - started > 0.4
    assert fetch(url, tmp_path / "a.part", pool=pool).bytes == len(b"a frame")
