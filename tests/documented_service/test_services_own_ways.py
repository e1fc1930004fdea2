"""What a service may do beside what the documents say, and a submission has to get over."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from carrying import Carrying, carrying
from documented_jobs import Job
from documented_service import KEY, DocumentedService, Refusal, serving
from documented_variants import Variant
from told_server import Server, listening
from waiting import PATIENCE

from farmhand.client.retry import RetryPolicy
from farmhand.courier.job.control import JobControl
from farmhand.courier.pipeline import runner, video
from farmhand.jobs import resubmit, submit
from farmhand.jobs.folder import job_video, manifest
from farmhand.jobs.journal.submission import Request, Stage, State

PATIENT = RetryPolicy(first=0.1, ceiling=1.0, unreachable=20.0, faulty=20.0, late=5.0)


@pytest.fixture
def service() -> Iterator[DocumentedService]:
    with serving(Variant("documented")) as service:
        yield service


def test_a_package_is_sent_anew_to_a_service_that_makes_one_job_of_an_upload(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_jobs, used = service.post_jobs, set[str]()

    def once(body: Any) -> Any:
        if body["slug"] in used:
            raise Refusal(400, "The upload was used")
        used.add(body["slug"])
        return post_jobs(body)

    monkeypatch.setattr(service, "post_jobs", once)
    first = courier.carry(courier.submit((1,)), retry=PATIENT)
    manifest.write(courier.home.job(first.id), ())
    again = courier.carry(resubmit.resubmit(courier.home, first, [2], "again"), retry=PATIENT)
    assert (again.state, again.problem, again.frames_done) == (State.DONE, None, 1)
    assert len(service.uploads) == 2


def test_a_job_that_is_put_on_hold_before_its_start_is_started_once_it_goes_on(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = courier.carry(courier.submit((1,), ask_mode="always"), retry=PATIENT)
    assert (waiting.state, waiting.stage) == (State.WAITING, Stage.CONFIRM)
    answered, held = service.answers.job, 3

    def job(one: Job, *, is_asked: bool = False) -> Any:
        nonlocal held
        held -= 1
        told = answered(one, is_asked=is_asked)
        if held >= 0 and "data" in told:
            told["data"]["status"] = "suspended"
        return told

    monkeypatch.setattr(service.answers, "job", job)
    control = JobControl()
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, courier.answer(waiting, Request.CONFIRM), control, retry=PATIENT)
        try:
            done = carried.result(timeout=PATIENCE)
        finally:
            control.leave()
    assert (done.state, done.note, service.job.starts) == (State.DONE, "", 1)


def test_faults_that_are_far_apart_do_not_add_up_while_the_service_checks_a_file(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_QUIET_SECONDS", 0.1)
    answered, asked_at, faults = service.answers.job, [], [0.0, 3.0]

    def job(one: Job, *, is_asked: bool = False) -> Any:
        told = answered(one, is_asked=is_asked)
        if not is_asked:
            return told
        asked_at.append(time.monotonic())
        passed = asked_at[-1] - asked_at[0]
        if faults and passed >= faults[0]:
            del faults[0]
            raise Refusal(502, "Bad Gateway")
        if faults:
            told["data"]["status"] = "validating"
        return told

    monkeypatch.setattr(service.answers, "job", job)
    done = courier.carry(courier.submit((1,)), retry=replace(PATIENT, faulty=1.0))
    assert (done.state, done.problem) == (State.DONE, None)


def test_a_job_that_failed_and_whose_files_are_gone_is_said_to_have_failed(tmp_path: Path) -> None:
    with serving(Variant("failing", failure=("Out of memory", "GPU"))) as service:
        gone = [f"{service.storage}/{frame:04d}.png" for frame in (1, 2, 3)]
        service.answers.downloads = lambda job: {"frames": gone, "compositeNodes": []}  # type: ignore[method-assign]
        with carrying(tmp_path, service.url, KEY) as courier:
            failed = courier.carry(courier.submit(), retry=PATIENT)
    assert (failed.state, failed.frames_done) == (State.FAILED, 0)
    assert "Out of memory" in str(failed.problem)


def test_a_movie_that_cannot_be_had_stops_no_job(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "PATIENCE_SECONDS", 1.0)
    downloads, storage = service.answers.downloads, Server()
    storage.answers(500)
    submission = courier.submit((1,))
    folder = courier.home.job(submission.id)
    job_video.ask_for(folder)
    with listening(storage, None):

        def with_movie(job: Job) -> Any:
            told = downloads(job)
            return {**told, "transforms": {**told["transforms"], "video": {"url": f"{storage.url}/movie.mp4"}}}

        monkeypatch.setattr(service.answers, "downloads", with_movie)
        done = courier.carry(submission, retry=replace(PATIENT, faulty=2.0))
    assert (done.state, done.problem, done.frames_done) == (State.DONE, None, 1)
    assert len(storage.asked) > 1 and "internal error" in job_video.read(folder).problem


def test_a_job_from_elsewhere_is_waited_for_until_its_list_names_every_frame(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = courier.carry(courier.submit((1, 2, 3)), retry=PATIENT)
    downloads, early = service.answers.downloads, iter(range(3))

    def listed(job: Job) -> Any:
        told = downloads(job)
        is_early = next(early, None) is not None
        return {name: each[:1] if is_early and isinstance(each, list) else each for name, each in told.items()}

    monkeypatch.setattr(service.answers, "downloads", listed)
    brought = submit.bring_job(courier.home, courier.url, first.job_id, courier.folder / "elsewhere")
    done = courier.carry(brought, retry=PATIENT)
    assert (done.state, done.frames_done) == (State.DONE, 3)
