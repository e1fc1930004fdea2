"""Answers that wait for a change, as RFC 7240 (Prefer) and RFC 9110 (ETag, If-None-Match) have it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from people import Person, manage
from quick_engine import QuickFarm, package
from running_farm import API
from waiting import PATIENCE, wait_until

from farmhand.farm.api.waiting import MOST_WAITING_OF_A_KEY

CONFIG = {"colorManagementPreset": "default", "frameRanges": ["1-12"]}
LONG = 30


@pytest.fixture
def job(quick_farm: QuickFarm, tmp_path: Path) -> str:
    """A validated job of twelve frames, of which the farm renders four in a second."""
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0, seconds=1.0))
    return str(quick_farm.validated(path)["id"])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MOST_WAITING_OF_A_KEY + 4) as threads:
        yield threads


def _progress(farm: QuickFarm, job_id: str, tag: str = "", wait: int | None = None, **headers: str) -> httpx.Response:
    asked = {} if wait is None else {"Prefer": f"wait={wait}"}
    known = {"If-None-Match": tag} if tag else {}
    return farm.api.get(f"/jobs/{job_id}/progress", headers={**asked, **known, **headers})


def _timed(call: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
    started = time.monotonic()
    return call(), time.monotonic() - started


def test_a_client_without_the_headers_notices_nothing(quick_farm: QuickFarm, job: str) -> None:
    answer = _progress(quick_farm, job)
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["ETag"].startswith('W/"')
    assert "Preference-Applied" not in answer.headers


def test_what_the_client_knows_is_not_sent_again(quick_farm: QuickFarm, job: str) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    answer = _progress(quick_farm, job, tag)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert _progress(quick_farm, job, '"another"').status_code == 200


@pytest.mark.parametrize("change", ["*", "{tag}-gzip", '"x", {tag}', "{strong}"])
def test_what_proxies_make_of_a_tag_is_understood(quick_farm: QuickFarm, job: str, change: str) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    assert _progress(quick_farm, job, change.format(tag=tag, strong=tag.removeprefix("W/"))).status_code == 304


def test_an_answer_waits_as_long_as_asked_and_no_longer(quick_farm: QuickFarm, job: str) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    answer, seconds = _timed(lambda: _progress(quick_farm, job, tag, 2))
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (304, "wait")
    assert seconds > 1.9
    at_once, seconds = _timed(lambda: _progress(quick_farm, job, '"another"', LONG))
    assert (at_once.status_code, at_once.headers["Preference-Applied"]) == (200, "wait")
    assert seconds < LONG / 2


def test_each_change_of_the_job_is_told_when_it_happens(
    quick_farm: QuickFarm, job: str, pool: ThreadPoolExecutor
) -> None:
    tag, told = _progress(quick_farm, job).headers["ETag"], list[Any]()
    quick_farm.ask(f"/jobs/{job}/render", requestedRenderConfig=CONFIG)
    while not told or told[-1]:
        answer, seconds = _timed(partial(_progress, quick_farm, job, tag, LONG))
        assert answer.status_code == 200
        assert seconds < LONG / 2
        tag = answer.headers["ETag"]
        told.append(answer.json())
    done = [counters[0]["framesCompleted"] for counters in told[:-1]]
    assert done == sorted(done)
    assert done[-1] >= 2
    assert quick_farm.job(job)["status"] in ("finalizing", "completed")


@pytest.mark.parametrize("change", [{"isPaused": True}, {"isPaused": False}])
def test_pause_and_resume_are_changes(
    quick_farm: QuickFarm, job: str, pool: ThreadPoolExecutor, change: dict[str, bool]
) -> None:
    address = httpx.URL(quick_farm.url).join(f"/api/farm/v1/jobs/{job}")
    quick_farm.api.patch(address, json={"isPaused": not change["isPaused"]}).raise_for_status()
    tag = _progress(quick_farm, job).headers["ETag"]
    waiting = pool.submit(_timed, lambda: _progress(quick_farm, job, tag, LONG))
    time.sleep(0.5)
    assert not waiting.done()
    quick_farm.api.patch(address, json=change).raise_for_status()
    answer, seconds = waiting.result(PATIENCE)
    assert answer.status_code == 200
    assert seconds < LONG / 2


def test_what_another_job_does_wakes_nobody(
    quick_farm: QuickFarm, job: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    waiting = pool.submit(_progress, quick_farm, job, tag, 3)
    path = tmp_path / "other.blend"
    path.write_bytes(package(1))
    quick_farm.ask(f"/jobs/{quick_farm.validated(path)['id']}/render", requestedRenderConfig=CONFIG)
    assert waiting.result(PATIENCE).status_code == 304


def test_a_job_of_others_is_as_unknown_to_those_who_wait(
    quick_farm: QuickFarm, person: Callable[..., Person], job: str
) -> None:
    eve = person(quick_farm, "Eve", "--workspace", "games")
    headers = {"Prefer": f"wait={LONG}", "If-None-Match": _progress(quick_farm, job).headers["ETag"]}
    answer, seconds = _timed(lambda: eve.api.get(f"/jobs/{job}/progress", headers=headers))
    assert answer.status_code == 404
    assert seconds < LONG / 2


def test_more_than_may_wait_are_answered_at_once(quick_farm: QuickFarm, job: str, pool: ThreadPoolExecutor) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    many = [pool.submit(_progress, quick_farm, job, tag, LONG) for _ in range(MOST_WAITING_OF_A_KEY)]
    wait_until(lambda: "Preference-Applied" not in _progress(quick_farm, job, tag, 0).headers, "all places are taken")
    answer, seconds = _timed(lambda: _progress(quick_farm, job, tag, LONG))
    quick_farm.ask(f"/jobs/{job}/cancel")
    assert answer.status_code == 304
    assert seconds < LONG / 2
    assert {each.result(PATIENCE).status_code for each in many} == {200}


def test_clients_that_are_gone_leave_their_places(quick_farm: QuickFarm, job: str, pool: ThreadPoolExecutor) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    address, key = f"{quick_farm.url}{API}/jobs/{job}/progress", f"Bearer {quick_farm.token}"
    headers = {"Authorization": key, "Prefer": f"wait={LONG}", "If-None-Match": tag}

    def give_up() -> None:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(address, headers=headers, timeout=httpx.Timeout(PATIENCE, read=1.0), trust_env=False)

    for each in [pool.submit(give_up) for _ in range(MOST_WAITING_OF_A_KEY)]:
        each.result(PATIENCE)
    wait_until(
        lambda: "Preference-Applied" in _progress(quick_farm, job, tag, 0).headers, "a place is free", seconds=LONG / 2
    )


def test_a_key_that_is_revoked_gets_no_answer_any_more(
    quick_farm: QuickFarm, person: Callable[..., Person], job: str, pool: ThreadPoolExecutor
) -> None:
    ada = person(quick_farm, "Ada")
    tag = _progress(quick_farm, job).headers["ETag"]
    headers = {"Prefer": f"wait={LONG}", "If-None-Match": tag}
    waiting = pool.submit(ada.api.get, f"/jobs/{job}/progress", headers=headers)
    time.sleep(0.5)
    with closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database:
        keys = database.execute("SELECT id FROM keys WHERE name = 'Ada'").fetchall()
    manage(quick_farm.data, "keys", "revoke", keys[0][0])
    quick_farm.ask(f"/jobs/{job}/cancel")
    assert waiting.result(PATIENCE).status_code == 401


def test_the_seconds_may_stand_in_any_of_several_headers(quick_farm: QuickFarm, job: str) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    headers = [("Prefer", "return=minimal"), ("Prefer", "wait=1"), ("If-None-Match", tag)]
    answer, seconds = _timed(lambda: quick_farm.api.get(f"/jobs/{job}/progress", headers=headers))
    assert answer.status_code == 304
    assert seconds > 0.9


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=", "wait=-1", "wait=x", "awaits=5", "wait=" + "9" * 400, "wait=1e9", "", "\x80"]
)
def test_what_is_no_number_of_seconds_is_no_wait(quick_farm: QuickFarm, job: str, prefer: str) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    headers = {b"Prefer": prefer.encode("latin-1"), b"If-None-Match": tag.encode()}
    answer, seconds = _timed(lambda: quick_farm.api.get(f"/jobs/{job}/progress", headers=list(headers.items())))
    assert answer.status_code in (304, 400)
    assert seconds < LONG / 2


def test_a_farm_that_ends_leaves_nobody_waiting(quick_farm: QuickFarm, job: str, pool: ThreadPoolExecutor) -> None:
    tag = _progress(quick_farm, job).headers["ETag"]
    headers = {"Authorization": f"Bearer {quick_farm.token}", "Prefer": f"wait={LONG}", "If-None-Match": tag}
    address = f"{quick_farm.url}{API}/jobs/{job}/progress"
    waiting = pool.submit(httpx.get, address, headers=headers, timeout=PATIENCE, trust_env=False)
    time.sleep(0.5)
    started = time.monotonic()
    quick_farm.stop()
    seconds = time.monotonic() - started
    assert waiting.result(PATIENCE).status_code == 304
    assert seconds < LONG / 2
    wait_until(lambda: not quick_farm.is_alive, "the farm has ended")
