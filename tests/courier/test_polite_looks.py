"""How often a service is asked, told by the times of real requests."""

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from carrying import Carrying, carrying
from fault_proxy import FaultProxy, fault_proxy
from painting_farm import PaintingFarm
from supervisor_here import PACE, Timed, supervisor_here
from waiting import PATIENCE, wait_until

from farmhand.client.retry import LOCAL_INTERVAL
from farmhand.client.service import Service
from farmhand.courier.servers.servers import WAIT_SECONDS, Server
from farmhand.jobs.journal.submission import Request, Stage, State, Submission

BULK = "/jobs/progress"
SLACK_SECONDS = 0.15


@pytest.fixture(scope="module")
def slow_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaintingFarm]:
    """A farm that takes its time for each frame."""
    farm = PaintingFarm(tmp_path_factory.mktemp("slow"), seconds=1.0, workers=4)
    yield farm
    farm.stop()


@pytest.fixture
def watching(slow_farm: PaintingFarm, tmp_path: Path) -> Iterator[tuple[Carrying, FaultProxy, Timed]]:
    """A user folder whose submissions render slowly, and what is asked of the farm."""
    port = int(slow_farm.url.rpartition(":")[2])
    with fault_proxy(port) as proxy, carrying(tmp_path, proxy.url, slow_farm.token) as courier:
        proxy.seen = timed = Timed()
        yield courier, proxy, timed


def _all_done(courier: Carrying, submissions: list[Submission]) -> bool:
    return all(courier.now(one).state is State.DONE for one in submissions)


def _watched(courier: Carrying, submissions: list[Submission]) -> None:
    wait_until(lambda: all(courier.now(one).stage is Stage.PULL for one in submissions), "all are watched")


def test_many_jobs_share_one_call(watching: tuple[Carrying, FaultProxy, Timed]) -> None:
    courier, _, timed = watching
    submissions = [courier.submit() for _ in range(6)]
    with supervisor_here(courier):
        wait_until(lambda: _all_done(courier, submissions), "all are done")
    gaps = timed.gaps(BULK)
    assert len(gaps) > 5
    assert min(gaps) > 0.9 * LOCAL_INTERVAL.first - 0.02


def test_looks_get_slower_up_to_the_ceiling_and_never_keep_time(
    watching: tuple[Carrying, FaultProxy, Timed], slow_farm: PaintingFarm
) -> None:
    courier, proxy, timed = watching
    proxy.removes = ("prefer",)
    submissions = [courier.submit(range(1, 21))]
    with supervisor_here(courier):
        wait_until(lambda: _all_done(courier, submissions), "it is done")
    gaps = timed.gaps("/progress")
    assert statistics.median(gaps) < PACE.ceiling + SLACK_SECONDS
    assert max(gaps) > 2 * PACE.first
    assert statistics.pstdev(gaps) > 0.005


@pytest.mark.parametrize("together", [1, 3])
def test_a_farm_is_asked_again_only_when_something_has_changed(
    watching: tuple[Carrying, FaultProxy, Timed], together: int
) -> None:
    courier, _, timed = watching
    submissions = [courier.submit(range(1, 9)) for _ in range(together)]
    with supervisor_here(courier):
        wait_until(lambda: _all_done(courier, submissions), "all are done")
    looks = [line for _, line in timed.at if "/progress" in line]
    assert not [line for line in looks if BULK in line]
    assert len(looks) < 3 * 8 * together, "at intervals of PACE there are more"
    assert [courier.now(one).frames_done for one in submissions] == [8] * together


@pytest.mark.parametrize("removed", [("if-none-match",), ("prefer", "if-none-match")])
def test_where_a_proxy_keeps_the_wait_from_the_farm_it_is_polled(
    watching: tuple[Carrying, FaultProxy, Timed], removed: tuple[str, ...]
) -> None:
    courier, proxy, timed = watching
    proxy.removes = removed
    submission = courier.submit(range(1, 9))
    with supervisor_here(courier):
        wait_until(lambda: _all_done(courier, [submission]), "it is done")
    assert statistics.median(timed.gaps("/progress")) > PACE.first


def test_where_a_wait_is_cut_the_farm_is_polled(watching: tuple[Carrying, FaultProxy, Timed]) -> None:
    courier, proxy, timed = watching
    fault = proxy.add("black_hole", "/progress#waits", times=1, value=0.3)
    submission = courier.submit(range(1, 9))
    with supervisor_here(courier):
        wait_until(lambda: _all_done(courier, [submission]), "it is done")
    assert fault.struck == 1
    looks = [line for _, line in timed.at if "/progress" in line]
    assert len(looks) > 3


def test_a_pause_on_the_farm_is_told_at_once(
    watching: tuple[Carrying, FaultProxy, Timed], slow_farm: PaintingFarm
) -> None:
    courier, _, _ = watching
    submission = courier.submit(range(1, 41))
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).frames_done > 1, "frames arrive")
        job_id = courier.now(submission).job_id
        address = f"{slow_farm.url}/api/farm/v1/jobs/{job_id}"
        for is_paused in (True, False):
            slow_farm.api.patch(address, json={"isPaused": is_paused}).raise_for_status()
            told = partial(lambda paused: ("paused" in str(courier.now(submission).note)) is paused, is_paused)
            wait_until(told, "it is told", seconds=WAIT_SECONDS - 2)
        courier.ask(submission, Request.CANCEL)
        wait_until(lambda: courier.now(submission).state is State.CANCELED, "it is canceled")


@pytest.mark.parametrize("request_", [Request.PAUSE, Request.CANCEL])
def test_a_request_is_heard_at_once_while_a_look_waits(
    watching: tuple[Carrying, FaultProxy, Timed], slow_farm: PaintingFarm, request_: Request
) -> None:
    courier, _, timed = watching
    submission = courier.submit(range(1, 41))
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).frames_done > 1, "frames arrive")
        address = f"{slow_farm.url}/api/farm/v1/jobs/{courier.now(submission).job_id}"
        slow_farm.api.patch(address, json={"isPaused": True}).raise_for_status()
        wait_until(lambda: time.monotonic() - timed.at[-1][0] > 1.5, "nothing changes any more, and a look waits")
        asked = time.monotonic()
        courier.ask(submission, request_)
        ends = (State.PAUSED, State.CANCELED)
        wait_until(lambda: courier.now(submission).state in ends, "it is heard")
        seconds = time.monotonic() - asked
    assert seconds < WAIT_SECONDS / 2


@pytest.mark.parametrize("kind", ["retry_after", "closed"])
def test_a_wait_that_the_service_asks_for_holds_for_all_its_jobs(
    watching: tuple[Carrying, FaultProxy, Timed], kind: str
) -> None:
    courier, proxy, timed = watching
    submissions = [courier.submit(range(1, 5)) for _ in range(6)]
    with supervisor_here(courier):
        _watched(courier, submissions)
        fault = proxy.add(kind, BULK, value=2.0)
        wait_until(lambda: fault.struck == 1, "it asks to wait")
        struck = time.monotonic()
        wait_until(lambda: _all_done(courier, submissions), "all are done")
    calls = [at - struck for at, line in timed.at if "/api/" in line and at > struck + SLACK_SECONDS]
    assert min(calls) > 1.8


def test_a_call_that_fails_is_not_repeated_by_every_job(watching: tuple[Carrying, FaultProxy, Timed]) -> None:
    courier, proxy, timed = watching
    submissions = [courier.submit(range(1, 5)) for _ in range(6)]
    with supervisor_here(courier):
        _watched(courier, submissions)
        proxy.add("reset", BULK, times=-1)
        started = time.monotonic()

        def calls() -> int:
            return sum(BULK in line for at, line in timed.at if at > started)

        wait_until(lambda: calls() > 10, "it is tried again and again")
        rate = calls() / (time.monotonic() - started)
        proxy.clear()
        wait_until(lambda: _all_done(courier, submissions), "all are done")
    assert rate < 1 / LOCAL_INTERVAL.first


def test_nothing_is_sent_when_nothing_runs(watching: tuple[Carrying, FaultProxy, Timed]) -> None:
    courier, _, timed = watching
    submission = courier.submit(ask_mode="always")
    with supervisor_here(courier):
        wait_until(lambda: courier.now(submission).state is State.WAITING, "it waits for the user")
        seen = len(timed)
        time.sleep(1.5)
        assert len(timed) == seen


def test_new_keys_do_not_wait_for_a_farm_that_is_still_starting() -> None:
    starting, may_go_on, made = threading.Event(), threading.Event(), list[int]()

    def connect() -> Service:
        starting.set()
        may_go_on.wait(PATIENCE)
        made.append(1)
        return Service("http://127.0.0.1:9/api", "key")

    server = Server(connect, LOCAL_INTERVAL, is_local=True)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(lambda: server.service)
        assert starting.wait(PATIENCE)
        server.reconnect()  # returns, though the other thread holds the connection
        assert not made
        may_go_on.set()
        before = first.result()
    assert server.service is not before
    assert len(made) == 2
    server.close()
