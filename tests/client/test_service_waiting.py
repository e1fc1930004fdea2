"""Calls that get no answer, a slow one, or one from elsewhere end in time and in plain words."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from stopping import canceled, canceling, waiting_threads
from told_server import JOB, KEY, reply
from waiting import PATIENCE, wait_until

from farmhand.client.cancellation import cancellable
from farmhand.client.errors import (
    Refused,
    Stopped,
    Unreachable,
)
from farmhand.client.network.network import NetworkSettings
from farmhand.client.service import HEARD_SECONDS, Service


def test_a_redirect_to_another_host_is_not_followed_and_gets_no_key(server, service, other_server):
    server.answers(307, Location=f"{other_server.url}/elsewhere")
    with pytest.raises(Refused, match="redirects to"):
        service.job("0b9c")
    assert not other_server.asked


def test_a_redirect_at_the_same_address_is_followed_with_key_and_body(server, service):
    def answer(handler, asked):
        if asked.path.endswith("/new"):
            reply(handler, 200, JOB)
        else:
            reply(handler, 308, Location=f"{asked.path}/new")

    server.answer = answer
    service.create_job("abc")
    assert server.asked[1].headers["Authorization"] == f"Bearer {KEY}"
    assert server.asked[1].json == {"slug": "abc"}


def test_redirects_without_end_are_given_up(server, service):
    server.answer = lambda handler, asked: reply(handler, 302, Location=asked.path)
    with pytest.raises(Refused, match="in a loop"):
        service.job("0b9c")


def test_a_closed_port_is_unreachable_and_says_so(network, closed_port):
    with (
        Service(f"http://127.0.0.1:{closed_port}", KEY, network=network) as service,
        pytest.raises(Unreachable, match="refused the connection") as caught,
    ):
        service.job("0b9c")
    assert caught.value.is_transient


def test_an_unknown_name_is_unreachable_and_says_so(network):
    with (
        Service("http://nowhere.invalid", KEY, network=network) as service,
        pytest.raises(Unreachable, match=r"nowhere\.invalid could not be found"),
    ):
        service.job("0b9c")


def test_a_silent_server_is_given_up_after_the_time_limit(server):
    server.answer = lambda handler, asked: server.over.wait()
    with (
        Service(server.url, network=NetworkSettings(silence_seconds=0.2)) as service,
        pytest.raises(Unreachable, match="timed out"),
    ):
        service.job("0b9c")


def test_an_answer_that_drips_is_given_up_after_the_time_limit(server):
    def drip(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not server.over.wait(0.05):
            handler.wfile.write(b" ")

    server.answer = drip
    with (
        Service(server.url, network=NetworkSettings(call_seconds=0.3)) as service,
        pytest.raises(Unreachable, match="timed out"),
    ):
        service.job("0b9c")


def test_headers_that_drip_are_given_up_after_the_time_limit_and_nothing_is_left_waiting(server):
    def drip(handler, asked):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not server.over.wait(0.05):
            handler.wfile.write(b"x")

    server.answer = drip
    before = waiting_threads()
    with (
        Service(server.url, network=NetworkSettings(call_seconds=0.3)) as service,
        pytest.raises(Unreachable, match="timed out"),
    ):
        service.job("0b9c")
    wait_until(lambda: waiting_threads() <= before, "the call has ended")


def test_a_call_in_a_black_hole_is_given_up_when_it_is_not_wanted_any_more(server, network):
    server.answer = lambda handler, asked: server.over.wait()
    asked_at = time.monotonic() + 0.2
    with (
        Service(server.url, network=NetworkSettings()) as service,
        canceling(0.2) as cancel,
        cancellable(cancel),
        pytest.raises(Stopped),
    ):
        service.job("0b9c")
    assert time.monotonic() - asked_at < HEARD_SECONDS + 5


def test_a_call_that_is_answered_is_heard_even_if_it_is_not_wanted_any_more(server, service):
    server.answers(body=JOB)
    with cancellable(canceled()):
        assert service.job("0b9c").id == "0b9c"


def test_a_call_that_is_given_up_disturbs_no_other(server):
    called = threading.Event()

    def answer(handler, asked):
        called.set()
        server.over.wait(1.0 if asked.path.endswith("good") else None)
        reply(handler, 200, JOB)

    server.answer = answer
    with Service(server.url, network=NetworkSettings(call_seconds=3)) as service, ThreadPoolExecutor(1) as pool:
        good = pool.submit(service.job, "good")
        assert called.wait(PATIENCE)
        with cancellable(canceled()), pytest.raises(Stopped):
            service.job("bad")
        assert good.result().id == "0b9c"
