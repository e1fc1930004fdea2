"""A user folder of an earlier version works on: every submission, frame, transition and request is read as it was."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farmhand.jobs import settings
from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal import request_rules
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Request, State
from farmhand.jobs.user_folder import UserFolder

OLD = sorted(Path(__file__).parent.glob("from_*"))


@pytest.fixture(params=OLD, ids=lambda folder: folder.name)
def old(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def home(old: Path, tmp_path: Path) -> UserFolder:
    """A copy: opening a journal may migrate it."""
    shutil.copytree(old / "user_folder", tmp_path / "home")
    return UserFolder(tmp_path / "home")


@pytest.fixture
def journal(home: UserFolder) -> Iterator[Journal]:
    with Journal(home.journal) as opened:
        yield opened


@pytest.fixture
def expected(old: Path) -> dict[str, Any]:
    return dict(json.loads((old / "expected.json").read_text(encoding="utf-8")))


def test_every_submission_is_there_with_its_values(journal: Journal, expected: dict[str, Any]) -> None:
    found = {one.id: one for one in journal.submissions()}
    assert len(found) == len(State) + 1  # two of them wait
    for row in expected["submissions"]:
        one, problem = found[row["id"]], row.pop("problem")
        assert {name: str(getattr(one, name)) for name in row} == {name: str(value) for name, value in row.items()}
        words = [problem[part] for part in ("what", "meaning", "advice") if problem[part]] if problem else []
        assert str(one.problem or "") == " ".join(words)
        assert (one.problem.code if one.problem else None) == (problem["code"] if problem else None)


def test_every_frame_is_there_with_its_reason(journal: Journal, expected: dict[str, Any]) -> None:
    for submission_id, rows in expected["frames"].items():
        found = [
            {name: str(getattr(frame, name)) for name in row}
            for frame, row in zip(journal.frames(submission_id), rows, strict=True)
        ]
        assert found == [{name: str(value) for name, value in row.items()} for row in rows]


def test_what_happened_is_still_told(journal: Journal, expected: dict[str, Any]) -> None:
    for submission_id, rows in expected["transitions"].items():
        found = [
            [at, stage.value, state.value, str(text)] for at, stage, state, text in journal.transitions(submission_id)
        ]
        assert found == rows


def test_open_requests_are_still_open(journal: Journal, expected: dict[str, Any]) -> None:
    assert [[number, who, what.value] for number, who, what in journal.requests()] == expected["requests"]


def test_job_folders_and_settings_are_read(home: UserFolder, journal: Journal) -> None:
    for one in journal.submissions():
        job = job_folder.read(home.job(one.id))
        assert (job.name, *job.frames, job.output.existing) == (one.name, 1, 2, 3, 4, "ask")
        assert list(job.rest) == [2, 3]
        assert "rust.png is missing" in str(job.findings)
    kept = settings.read(home)
    assert (kept.bytes_per_second, kept.ca_file, kept.connections) == (2_500_000, "/etc/studio.pem", 6)


def test_submissions_can_be_worked_with(home: UserFolder, journal: Journal) -> None:
    by_state = {one.name: one for one in journal.submissions()}
    retried = request_rules.answer(home, journal, by_state["stopped"], Request.RETRY)
    confirmed = request_rules.answer(home, journal, by_state["waits to be confirmed"], Request.CONFIRM)
    resumed = request_rules.answer(home, journal, by_state["paused"], Request.RESUME)
    assert {retried.state, confirmed.state, resumed.state} == {State.QUEUED}
    assert request_rules.waits_for_key(by_state["waits for its key"])
    assert journal.submission(retried.id) == retried


def test_jobs_ask_before_the_render_as_they_did(home: UserFolder, journal: Journal) -> None:
    for one in journal.submissions():
        file = home.job(one.id) / "job.json"
        assert (job_folder.read(file.parent).ask_mode, job_folder.read(file.parent).expected) == ("if_wrong", {})
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"needs_confirm": false', '"needs_confirm": true'), encoding="utf-8")
        assert job_folder.read(file.parent).ask_mode == "always"
