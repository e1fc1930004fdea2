"""A service's own jobs, which others have submitted: listed, watched, downloaded and canceled by the command line."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from command_line import FARMHAND
from documented_jobs import Job
from documented_service import KEY, DocumentedService, serving
from documented_variants import Variant

import left_running
from farmhand.client import server_jobs
from farmhand.client.errors import LocalProblem, NotAllowedNow
from farmhand.client.service import Service

DAY = 86400.0
Run = Callable[..., tuple[int, dict[str, Any]]]


def fill(service: DocumentedService, count: int) -> list[str]:
    """Jobs that others have submitted, a day apart, each third of them canceled; their ids, newest first."""
    now = time.time()
    for number in range(count):
        job = Job(service.variant, f"job-{number:02}", created_at=now - number * DAY)
        job.canceled = number % 3 == 0
        service.jobs[job.id] = job
    return sorted(service.jobs)


def started(service: DocumentedService, frames: str = "1-5") -> Job:
    """A job that somebody else has just started."""
    job = Job(service.variant, "of-somebody-else")
    job.validated_at = time.time() - 60
    job.start({"colorManagementPreset": "default", "frameRanges": [frames]})
    service.jobs[job.id] = job
    return job


@pytest.fixture
def run(home: Path) -> Iterator[Run]:
    """`farmhand …` with the key of the service: exit code and the one JSON object."""

    def call(*words: str) -> tuple[int, dict[str, Any]]:
        own = {"FARMHAND_HOME": str(home), "FARMHAND_API_KEY": KEY}
        inherited = {name: value for name, value in os.environ.items() if name != "FARMHAND_SERVER"}
        done = subprocess.run(
            [*FARMHAND, *words, "--json"],
            env={**inherited, **own},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    yield call
    with suppress(LocalProblem):
        left_running.end_all(home)


def test_every_page_is_read_and_the_newest_come_first(service: DocumentedService) -> None:
    ids = fill(service, 23)
    with Service(service.url, KEY) as client:
        first = server_jobs.newest_first(client, "", 1, 1)
        shown = [one["id"] for one in first["jobs"]]
        assert shown == ids[: len(shown)] and first["next"] == 2
        rest = server_jobs.newest_first(client, "", 2, 100)
        assert [*shown, *(one["id"] for one in rest["jobs"])] == ids
        assert (rest["next"], rest["total"]) == (0, 23)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("failed", "The server has no jobs with status “failed”.\n"),
        ("done", "The server has no jobs with status “done”. Statuses are booting, canceled, completed, created, "),
    ],
)
def test_a_status_that_no_job_has_is_named_and_one_that_none_can_have_is_explained(
    service: DocumentedService, home: Path, status: str, said: str
) -> None:
    fill(service, 3)
    own = {**os.environ, "FARMHAND_HOME": str(home), "FARMHAND_API_KEY": KEY}
    command = [*FARMHAND, "jobs", "--server", service.url, "--status", status]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout[: len(said)]) == (0, said)


def test_jobs_of_one_status_are_listed_alone(service: DocumentedService) -> None:
    fill(service, 9)
    with Service(service.url, KEY) as client:
        found = server_jobs.newest_first(client, "canceled", 1, 50)
    assert [one["id"] for one in found["jobs"]] == ["job-00", "job-03", "job-06"]
    assert {one["status"] for one in found["jobs"]} == {"canceled"}


def test_a_job_is_canceled_once(service: DocumentedService) -> None:
    job = started(service, "1-50")
    with Service(service.url, KEY) as client:
        assert server_jobs.canceled(client, job.id)["id"] == job.id
        assert job.canceled
        job.canceled = False
        job.started_at -= 3600
        assert job.status == "completed"
        with pytest.raises(NotAllowedNow):
            server_jobs.canceled(client, job.id)
    service.faults.clear()  # that one call was meant to be refused


def test_a_job_is_followed_to_its_end(service: DocumentedService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_jobs, "LOOK_SECONDS", 0.1)
    job = started(service)
    with Service(service.url, KEY) as client:
        seen = list(server_jobs.followed(client, job.id))
    assert seen[-1]["status"] == "completed"
    assert seen[-1]["frames"] == ("" if service.variant.members == "required" else "1-5")
    assert "rendering" in {one["status"] for one in seen}


@pytest.mark.parametrize("listed", ["newest", "oldest"])
def test_the_command_line_lists_them_and_marks_those_of_its_own(listed: str, run: Run, tmp_path: Path) -> None:
    with serving(Variant("listed", listed=listed)) as service:
        job, ids = started(service), fill(service, 12)
        job.created_at = time.time() + 60
        code, listing = run("jobs", "--server", service.url)
        assert (code, listing["total"]) == (0, 13)
        assert [one["id"] for one in listing["jobs"]] == [job.id, *ids[:12]]
        assert not any(one["submission"] for one in listing["jobs"])
        code, done = run("download", job.id, "--server", service.url, "--output", str(tmp_path / "theirs"))
        assert (code, done["state"], len(done["frames"])) == (0, "done", 10)  # with those of the node
        assert all(Path(frame).is_relative_to(tmp_path / "theirs") for frame in done["frames"])
        code, listing = run("jobs", "--server", service.url, "--limit", "5")
        assert [one["submission"] for one in listing["jobs"]] == [done["submission"], *[None] * 4]
        code, listing = run("jobs", "--server", service.url, "--status", "canceled")
        assert [one["id"] for one in listing["jobs"]] == ["job-00", "job-03", "job-06", "job-09"]
        assert service.faults == []


def test_the_command_line_watches_and_cancels_a_job_of_somebody_else(run: Run) -> None:
    with serving(Variant("documented")) as service:
        job = started(service, "1-3")
        assert run("watch", job.id, "--server", service.url) == (
            0,
            {"submission": None, "job": job.id, "status": "completed", "frames": [], "error": None},
        )
        assert run("jobs")[1] == {"submissions": []}
        code, told = run("cancel", job.id, "--server", service.url)
        assert code == 3 and "rejected the request to cancel the job" in told["error"]
        job.start({"colorManagementPreset": "default", "frameRanges": ["1-500"]})
        code, told = run("cancel", job.id, "--server", service.url)
        assert (code, told["status"], job.canceled) == (0, "canceled", True)
        assert run("watch", job.id, "--server", service.url)[0] == 1


def test_what_cannot_be_listed_is_said(run: Run) -> None:
    code, told = run("jobs", "--status", "completed")
    assert code == 2 and "--server" in told["error"]
    code, told = run("jobs", "--server", "local")
    assert code == 2 and "without --server" in told["error"]
    with serving(Variant("documented")) as service:
        code, told = run("watch", "no-such-job", "--server", service.url)
        assert code == 3 and "could not find" in told["error"]
    code, told = run("jobs", "--server", service.url)
    assert code == 3 and "refused the connection" in told["error"]
