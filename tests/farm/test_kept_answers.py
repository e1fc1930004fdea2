"""Answers are made once for many that ask, and never given to somebody else or after a change."""

import asyncio
import sqlite3
from collections.abc import Callable, MutableMapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from people import Person, manage
from quick_engine import QuickFarm, package

from farmhand.farm.api import kept_answers
from farmhand.farm.api.auth import API, FARM_API
from farmhand.farm.api.kept_answers import KeptAnswers
from farmhand.farm.state.keys import Caller, Role

JOB = f"{API}/jobs/1"


class App:
    """An application that counts its calls; it answers with their number."""

    def __init__(self, status: int = 200, size: int = 0) -> None:
        self.calls, self.mark, self.status, self.size = 0, 0, status, size
        self.kept = KeptAnswers(self._answer, lambda: self.mark)
        self.changes_meanwhile = False

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        body = str(self.calls).encode() + b" " * self.size
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"x", b"y")]})
        self.mark += self.changes_meanwhile
        await send({"type": "http.response.body", "body": body})

    def ask(self, path: str = JOB, **changes: Any) -> bytes:
        caller = Caller(changes.pop("workspace", "w"), changes.pop("role", Role.SUBMIT))
        headers = [(b"host", changes.pop("host", b"farm"))]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "http"}
        scope |= {"headers": headers, "farmhand.caller": caller, **changes}
        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)
            if "headers" in message:  # as the gate does on the way out
                message["headers"].append((b"x-farmhand-version", b"1"))

        asyncio.run(self.kept(scope, None, send))  # type: ignore[arg-type]
        assert sent[0]["headers"].count((b"x-farmhand-version", b"1")) == 1
        return bytes(sent[1]["body"])


@pytest.mark.parametrize("path", [JOB, f"{JOB}/progress", f"{API}/jobs", f"{API}/jobs/progress", f"{FARM_API}/jobs/1"])
def test_the_same_call_is_answered_once_until_something_changes(path: str) -> None:
    app = App()
    assert [app.ask(path) for _ in range(3)] == [b"1"] * 3
    app.mark += 1
    assert [app.ask(path) for _ in range(2)] == [b"2"] * 2


@pytest.mark.parametrize(
    "other",
    [
        {"workspace": "v"}, {"role": Role.ADMIN}, {"host": b"evil"}, {"scheme": "https"}, {"query_string": b"page=2"},
        {"path": f"{API}/jobs/2"},
    ],
    ids=str,
)  # fmt: skip
def test_a_call_that_differs_in_anything_has_an_answer_of_its_own(other: dict[str, Any]) -> None:
    app = App()
    assert (app.ask(), app.ask(**other), app.ask(), app.ask(**other)) == (b"1", b"2", b"1", b"2")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", JOB), ("HEAD", JOB), ("GET", f"{JOB}/downloads"), ("GET", f"{FARM_API}/workers"), ("GET", "/metrics")],
)
def test_what_changes_by_itself_or_changes_something_is_never_kept(method: str, path: str) -> None:
    app = App()
    assert [app.ask(path, method=method) for _ in range(2)] == [b"1", b"2"]


def test_refusals_large_answers_and_those_overtaken_by_a_change_are_not_kept() -> None:
    overtaken = App()
    overtaken.changes_meanwhile = True
    for app in (App(status=404), App(size=600_000), overtaken):
        assert [app.ask().strip() for _ in range(2)] == [b"1", b"2"]


def test_what_other_programs_change_is_seen_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    app = App()
    assert app.ask() == b"1"
    monkeypatch.setattr(kept_answers, "_SECONDS", 0.0)
    assert app.ask() == b"2"


def test_very_many_different_calls_take_no_more_memory_than_some() -> None:
    app, most = App(size=50_000), 0
    for number in range(1500):
        app.ask(query_string=b"x=%d" % number)
        most = max(most, len(app.kept._answers))
    assert 200 < most < 400


def test_long_hosts_and_queries_take_no_more_memory_than_that() -> None:
    app, most = App(), 0
    for number in range(1500):
        app.ask(host=b"%d." % number + b"a" * 31_000)
        app.ask(query_string=b"%d=" % number + b"a" * 31_000)
        most = max(most, sum(len(key[3]) + len(key[5]) for key in app.kept._answers))  # type: ignore[arg-type]
    assert 8 * 1024 * 1024 < most < 17 * 1024 * 1024


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0))
    return path


def test_a_farm_tells_at_once_what_has_changed_and_only_those_whom_it_concerns(
    quick_farm: QuickFarm, person: Callable[..., Person], scene: Path
) -> None:
    ada = person(quick_farm, "Ada", "--workspace", "film")
    eve = person(quick_farm, "Eve", "--workspace", "games")
    job_id = ada.new_job(scene)
    assert [ada.job(job_id)["status"] for _ in range(2)] == ["created"] * 2
    assert eve.api.get(f"/jobs/{job_id}").status_code == 404
    assert eve.api.get("/jobs").json()["jobs"] == []
    links = [ada.api.get(f"/jobs/{job_id}", headers={"Host": f"localhost:{number}"}).json() for number in (1, 2)]
    assert [httpx.URL(link["data"]["pageUrl"]).port for link in links] == [1, 2]
    ada.ask(f"/jobs/{job_id}/cancel")
    assert ada.job(job_id)["status"] == "canceled"
    with closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database:
        keys = database.execute("SELECT id FROM keys WHERE name = 'Ada'").fetchall()
    manage(quick_farm.data, "keys", "revoke", keys[0][0])
    assert ada.api.get(f"/jobs/{job_id}").status_code == 401
