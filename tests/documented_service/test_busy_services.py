"""A service that is busy, or answers from a copy of its database that lags behind, stops no submission."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from carrying import Carrying
from documented_jobs import Job
from documented_service import DocumentedService, Refusal, serving
from documented_variants import Variant
from waiting import PATIENCE, wait_until

from farmhand.client.retry import RetryPolicy
from farmhand.courier.job.control import Interrupted, JobControl
from farmhand.courier.pipeline import job_status, validation
from farmhand.jobs.journal.submission import State

PATIENT = RetryPolicy(first=0.1, ceiling=1.0, unreachable=20.0, faulty=20.0, late=5.0)


@pytest.fixture
def service() -> Iterator[DocumentedService]:
    with serving(Variant("documented")) as service:
        yield service


@pytest.fixture
def queue(service: DocumentedService, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Validations that wait in a queue, as a job that is still created, until they are taken off it. Not to wait for
    minutes, jobs are asked for again soon."""
    post_validate, waiting, known = service.post_validate, list[Job](), set[str]()

    def queued(job: Job) -> Any:
        if job in waiting:
            raise Refusal(400, "The job is already validating")
        if job.id in known:
            return post_validate(job)
        known.add(job.id)
        waiting.append(job)
        return service.answers.acted(job)

    monkeypatch.setattr(service, "post_validate", queued)
    monkeypatch.setattr(validation, "ASK_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(job_status, "REFUSED_SECONDS", 0.1)
    return waiting


def test_a_validation_that_waits_long_in_a_queue_is_waited_for(
    courier: Carrying, service: DocumentedService, queue: list[Job]
) -> None:
    submission = courier.submit((1,))
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, submission, retry=PATIENT)
        try:
            wait_until(lambda: "has not started to validate" in courier.now(submission).note, "the user is told")
        finally:
            queue.clear()
        done = carried.result(timeout=PATIENCE)
    assert (done.state, done.problem, done.note) == (State.DONE, None, "")


def test_the_next_courier_knows_that_a_validation_in_a_queue_was_accepted(
    courier: Carrying, service: DocumentedService, queue: list[Job]
) -> None:
    submission, control = courier.submit((1,)), JobControl()
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, submission, control, retry=PATIENT)
        wait_until(lambda: queue, "it is accepted")
        control.leave()
        assert isinstance(carried.exception(timeout=PATIENCE), Interrupted)
        carried = pool.submit(courier.carry, submission, retry=PATIENT)
        before = service.count("POST /jobs/{id}/validate")
        try:
            wait_until(lambda: service.count("POST /jobs/{id}/validate") > before + 2, "it is asked for again")
        finally:
            queue.clear()
        assert carried.result(timeout=PATIENCE).state is State.DONE


def test_a_refused_validation_stops_with_the_words_of_the_service(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(job: Job) -> Any:
        raise Refusal(400, "You have already used up your credits")

    monkeypatch.setattr(service, "post_validate", refused)
    monkeypatch.setattr(job_status, "REFUSED_SECONDS", 0.1)
    for _ in range(2):
        stopped = courier.carry(courier.submit((1,)), retry=PATIENT)
        assert stopped.state is State.STOPPED and "credits" in str(stopped.problem)


def test_a_new_job_that_is_not_known_yet_everywhere_is_asked_for_again(
    courier: Carrying, service: DocumentedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, early = service.answers.job, iter(range(4))

    def job(one: Job, *, is_asked: bool = False) -> Any:
        if is_asked and next(early, None) in (0, 1, 3):
            raise Refusal(404, "No such job")
        return answered(one, is_asked=is_asked)

    monkeypatch.setattr(service.answers, "job", job)
    done = courier.carry(courier.submit((1,)), retry=PATIENT)
    assert (done.state, done.problem) == (State.DONE, None)


def test_two_faults_far_apart_do_not_stop_an_upload(courier: Carrying, service: DocumentedService) -> None:
    post_uploads, faults = service.post_uploads, iter(range(3))

    def post(body: Any) -> Any:
        if next(faults, None) is not None:
            time.sleep(1.2)
            raise Refusal(503, "Deploying")
        return post_uploads(body)

    service.post_uploads = post  # type: ignore[method-assign]
    done = courier.carry(courier.submit((1,)), retry=replace(PATIENT, faulty=1.0))
    assert (done.state, done.problem) == (State.DONE, None)


def test_a_service_that_only_fails_stops_an_upload(courier: Carrying, service: DocumentedService) -> None:
    def post(_body: Any) -> Any:
        raise Refusal(503, "Deploying")

    service.post_uploads = post  # type: ignore[method-assign]
    stopped = courier.carry(courier.submit((1,)), retry=replace(PATIENT, ceiling=0.2, faulty=1.0))
    assert stopped.state is State.STOPPED
    assert service.count("POST /uploads") >= 5
