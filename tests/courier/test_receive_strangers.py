"""Strangers at the port of `farmhand receive`: what they send is refused, and keeps no delivery waiting."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from carrying import Carrying
from test_receive import EVENT, SECRET, Start, child_of, deliver
from test_receive import port as port
from test_receive import start_receiver as start_receiver
from test_receive import studio as studio
from test_receive import telling_farm as telling_farm

from farmhand.client.webhooks import MAX_BODY_BYTES, sign
from farmhand.courier.webhook_bodies import MAX_BYTES_IN_ALL, READ_SECONDS
from farmhand.courier.webhook_receiver import CONNECTIONS


def resident_bytes(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


@contextlib.contextmanager
def stranger(port: int, length: int, **headers: str) -> Iterator[socket.socket]:
    """A connection that has sent the head of a delivery and says how long its body will be."""
    lines = ["POST /hooks HTTP/1.1", "Host: x", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


def signed(age: int = 0) -> dict[str, str]:
    """Headers that look like the service's."""
    return {"X-Renderjuice-Timestamp": str(int(time.time()) - age), "X-Renderjuice-Signature": "00" * 32}


def answered(connection: socket.socket) -> int:
    return int(connection.recv(100).split()[1])


def deliver_slowly(port: int, body: bytes, pieces: int, pause: float) -> int:
    """Deliver as the service does, over a slow network. Returns the status."""
    now = int(time.time())
    headers = {"X-Renderjuice-Timestamp": str(now), "X-Renderjuice-Signature": sign(SECRET, now, body)}
    size = -(-len(body) // pieces)
    with stranger(port, len(body), **headers) as connection:
        for begin in range(0, len(body), size):
            time.sleep(pause)
            connection.sendall(body[begin : begin + size])
        return answered(connection)


def test_a_delivery_that_is_far_too_large_is_refused_before_it_is_read(
    studio: Carrying, start_receiver: Start, port: int
) -> None:
    start_receiver()
    with stranger(port, MAX_BODY_BYTES + 1, **signed()) as connection:
        assert answered(connection) == 413


def test_a_delivery_without_signature_is_refused_before_its_body_is_read(
    studio: Carrying, start_receiver: Start, port: int
) -> None:
    start_receiver()
    with stranger(port, 1_000_000) as connection:
        assert answered(connection) == 401


@pytest.mark.parametrize(
    "headers",
    [{"age": 301}, {"age": -301}, {"X-Renderjuice-Signature": "aa"}, {"X-Renderjuice-Timestamp": "1e9"}],
    ids=str,
)
def test_a_delivery_that_cannot_be_good_is_refused_before_its_body_is_read(
    studio: Carrying, start_receiver: Start, port: int, headers: dict[str, Any]
) -> None:
    start_receiver()
    with stranger(port, 1_000_000, **(signed(headers.pop("age", 0)) | headers)) as connection:
        assert answered(connection) in (400, 401)


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: " + "9" * 5000])
def test_a_body_of_no_known_length_is_refused_before_it_is_read(
    studio: Carrying, start_receiver: Start, port: int, header: str
) -> None:
    start_receiver()
    name, _, value = header.partition(": ")
    with stranger(port, 100, **signed(), **{name: value}) as connection:
        assert answered(connection) in (400, 411)


def test_a_delivery_that_drips_is_answered_in_time(studio: Carrying, start_receiver: Start, port: int) -> None:
    start_receiver()
    started = time.monotonic()
    with stranger(port, 1000, **signed()) as connection:
        connection.settimeout(0.3)
        while True:
            with contextlib.suppress(TimeoutError):
                assert answered(connection) == 408
                break
            connection.sendall(b"x")
            assert time.monotonic() - started < 60


def test_strangers_fill_only_so_much_memory(studio: Carrying, start_receiver: Start, port: int) -> None:
    receiver = child_of(start_receiver())
    before = resident_bytes(receiver)
    most = 0
    with contextlib.ExitStack() as connections:
        for _ in range(2 * MAX_BYTES_IN_ALL // MAX_BODY_BYTES):
            connection = connections.enter_context(stranger(port, MAX_BODY_BYTES, **signed()))
            connection.settimeout(0.2)
            with contextlib.suppress(OSError):  # its turn has not come, or is over
                connection.sendall(bytes(MAX_BODY_BYTES - 1))
            most = max(most, resident_bytes(receiver))
    assert most - before < 1.2 * MAX_BYTES_IN_ALL
    assert deliver(port, EVENT) == 200


@pytest.mark.parametrize("start", ["head", "body"])
def test_strangers_who_drip_keep_no_delivery_waiting(
    studio: Carrying, start_receiver: Start, port: int, start: str
) -> None:
    start_receiver()
    with contextlib.ExitStack() as connections:
        for _ in range(2 * CONNECTIONS if start == "head" else 24):
            if start == "body":
                connections.enter_context(stranger(port, 100_000, **signed()))
                continue
            slow = connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            with contextlib.suppress(OSError):
                slow.sendall(b"POST / HTTP/1.1\r\nX: ")
        started = time.monotonic()
        assert deliver(port, EVENT) == 200
        assert time.monotonic() - started < READ_SECONDS


def test_strangers_who_come_often_displace_no_slow_delivery(studio: Carrying, start_receiver: Start, port: int) -> None:
    start_receiver()
    is_over = threading.Event()

    def come() -> None:
        with contextlib.ExitStack() as connections:
            while not is_over.wait(1 / 40):
                connections.enter_context(stranger(port, 100, **signed()))

    body = EVENT[:-1] + b', "x": "' + b"y" * 40_000 + b'"}'
    with ThreadPoolExecutor(1) as threads:
        coming = threads.submit(come)
        try:
            answers = [deliver_slowly(port, body, 4, 0.1) for _ in range(4)]
        finally:
            is_over.set()
        coming.result()
    assert answers == [200] * 4


def test_strangers_who_fill_the_memory_displace_no_slow_delivery(
    studio: Carrying, start_receiver: Start, port: int
) -> None:
    start_receiver()
    with contextlib.ExitStack() as connections, ThreadPoolExecutor(1) as threads:
        for _ in range(3):
            connection = connections.enter_context(stranger(port, MAX_BODY_BYTES, **signed()))
            connection.sendall(bytes(MAX_BODY_BYTES - 1))
        honest = threads.submit(deliver_slowly, port, EVENT[:-1] + b" " * 1_000_000 + b"}", 10, 0.1)
        time.sleep(0.3)
        for _ in range(4):
            connection = connections.enter_context(stranger(port, MAX_BODY_BYTES, **signed()))
            with contextlib.suppress(OSError):
                connection.sendall(bytes(MAX_BODY_BYTES - 1))
        assert honest.result() == 200
