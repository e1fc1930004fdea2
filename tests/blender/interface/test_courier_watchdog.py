"""Jobs continue by themselves when the courier died while Blender was open, or with the last Blender."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from waiting import until

LIMIT = 0.001
TURNS = 300
OFFICE = "http://render.office.example/api/external/v1"


@pytest.fixture
def waking(part: Callable[[str], ModuleType]) -> ModuleType:
    return part("operators.courier_watchdog")


@pytest.fixture
def presence(part: Callable[[str], ModuleType], home: Path) -> Iterator[Callable[[], Any]]:
    """The living courier as the journal names it, or None. It is ended with the test."""
    is_held = part("jobs.process.file_lock").is_held

    def look() -> Any:
        if not is_held(home / "courier.lock"):
            return None
        with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
            return journal.courier()

    yield look
    if found := look():
        end(found.pid)
        until(lambda: look() is None)


def test_a_courier_that_was_killed_is_started_again(
    add: Callable[..., Any], waking: ModuleType, presence: Callable[[], Any]
) -> None:
    # A server that does not answer: the job goes on and on.
    add(state="active", stage="render", job_id="a-job", server_url="http://127.0.0.1:9/api/external/v1")
    waking.tick()
    until(lambda: presence() is not None)
    first = presence().pid
    end(first)
    until(lambda: presence() is None)
    waking.tick()
    until(lambda: presence() is not None and presence().pid != first)


def test_while_a_courier_lives_none_is_started(
    add: Callable[..., Any], part: Callable[[str], ModuleType], home: Path, waking: ModuleType, started: list[Any]
) -> None:
    add(state="active")
    lock = part("jobs.process.file_lock").Lock(home / "courier.lock")
    assert lock.acquire()
    waking.tick()
    lock.release()
    assert started == []


@pytest.mark.parametrize("state", ["done", "paused", "waiting", "stopped"])
def test_for_jobs_that_do_nothing_by_themselves_no_courier_is_started(
    add: Callable[..., Any], waking: ModuleType, started: list[Any], state: str
) -> None:
    add(state=state)
    waking.tick()
    assert started == []


def test_without_online_access_a_job_elsewhere_waits_for_the_user(
    add: Callable[..., Any], waking: ModuleType, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import bpy

    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    add(state="active", server_url=OFFICE)
    waking.tick()
    assert started == []


def test_no_key_of_a_server_elsewhere_is_handed_on_until_online_access_is_allowed(
    add: Callable[..., Any],
    part: Callable[[str], ModuleType],
    waking: ModuleType,
    started: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import bpy

    keys, rules = part("ui.servers.servers").keys, part("jobs.journal.request_rules")
    problem = part("jobs.journal.submission").Problem(rules.KEY_NEEDED, "No key.")
    fields = part("ui.preferences").addon_preferences(bpy.context)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", False)
    fields.custom_url, fields.custom_key = "http://render.office.example", "key"
    try:
        one = add(state="waiting", server_url=OFFICE, problem=problem)
        waking.tick()
        assert keys(bpy.context) == {} and started == []
        said = part("ui.news").attention_sentence(one)
        assert "Allow Online Access" in said or "offline mode" in said
        if bpy.app.online_access_override:
            pytest.skip("this Blender stays offline")
        bpy.context.preferences.system.use_online_access = True
        waking.tick()
        assert keys(bpy.context) == {OFFICE: "key"} and len(started) == 1
    finally:
        fields.custom_url = fields.custom_key = ""


def test_a_look_costs_next_to_nothing(
    add: Callable[..., Any], part: Callable[[str], ModuleType], home: Path, waking: ModuleType
) -> None:
    add(state="active")
    lock = part("jobs.process.file_lock").Lock(home / "courier.lock")
    assert lock.acquire()
    times = []
    for _ in range(TURNS):
        begun = time.thread_time()
        waking.tick()
        times.append(time.thread_time() - begun)
    lock.release()
    p99 = sorted(times)[int(TURNS * 0.99) - 1]
    print(f"look for the courier: p99 {p99 * 1000:.3f} ms")
    assert p99 <= LIMIT


def test_what_cannot_be_started_is_said_in_words_and_tried_again(
    add: Callable[..., Any], live: Any, waking: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(context: Any) -> None:
        raise OSError("on purpose")

    add(state="active")
    monkeypatch.setattr(waking.common, "wake_courier", fail)
    assert waking.tick() == waking.EVERY_SECONDS
    assert "Unexpected error" in live.reports.notes[0][1]


@pytest.fixture
def started(waking: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Attempts to start a courier, which are kept from it."""
    attempts: list[Any] = []
    monkeypatch.setattr(waking.common, "wake_courier", attempts.append)
    return attempts


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
