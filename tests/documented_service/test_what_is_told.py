"""What the user is told, and what the service is asked, where the documents leave something open."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from carrying import Carrying, carrying
from documented_jobs import SIZE
from documented_service import KEY, DocumentedService, serving
from documented_variants import VARIANTS, Variant
from waiting import PATIENCE, wait_until

from farmhand.client.network.network import NetworkSettings
from farmhand.client.retry import RetryPolicy
from farmhand.jobs.journal.submission import Request, State, Submission
from farmhand.ui.jobs.job_row import row_of
from farmhand.ui.jobs.progress import Estimator

PATIENT = RetryPolicy(first=0.1, ceiling=1.0, unreachable=20.0, faulty=20.0, late=20.0)
Start = Callable[..., tuple[DocumentedService, Carrying]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Call with a variant's name, or a variant: the service, and a user folder that submits to it."""
    with ExitStack() as stack:

        def start(wanted: str | Variant) -> tuple[DocumentedService, Carrying]:
            variant = wanted if isinstance(wanted, Variant) else next(one for one in VARIANTS if one.name == wanted)
            service = stack.enter_context(serving(variant))
            courier = stack.enter_context(carrying(tmp_path, service.url, KEY))
            courier.network = NetworkSettings()
            return service, courier

        yield start


def submit(courier: Carrying, **changes: object) -> Submission:
    return courier.submit((1, 2, 3, 4, 5), output_width=SIZE[0], output_height=SIZE[1], **changes)


def test_a_job_on_hold_is_called_so_with_advice_and_is_asked_for_less_often(start: Start) -> None:
    service, courier = start("on hold")
    submission = submit(courier)
    seen = dict[str, Submission]()
    with ThreadPoolExecutor(1) as pool:
        carried = pool.submit(courier.carry, submission, retry=PATIENT)
        for status in ("debugging", "suspended", "recalibrating"):
            wait_until(lambda status=status: courier.now(submission).job_status == status, status)
            seen[status] = courier.now(submission)
        done = carried.result(timeout=PATIENCE)
    assert {row_of(one, Estimator(), one.updated).word for one in seen.values()} == {"On Hold"}
    assert all("Log in to the service" in one.note for one in seen.values())
    assert "“recalibrating”" in seen["recalibrating"].note
    assert (done.state, done.note) == (State.DONE, "")
    begun = service.job.started_at + 0.5
    asked = [at for at, call in service.calls if call == "GET /jobs/{id}" and begun < at < begun + 2.0]
    gaps = [after - before for before, after in pairwise(asked)]
    assert len(gaps) > 2 and max(gaps) > 0.25  # as long as it moves, at most 0.115


def test_a_render_that_was_started_elsewhere_is_reported_with_its_settings(start: Start) -> None:
    _, courier = start("started elsewhere")
    config = {"colorManagementPreset": "default", "frameRanges": ["1-5"], "sampleCount": 16}
    done = courier.carry(submit(courier, render_config=config), retry=PATIENT)
    assert done.state is State.DONE
    assert 'colorManagementPreset: "default" → "aces"' in done.note and "sampleCount: 16 → 4096" in done.note


def test_a_render_that_we_started_ourselves_is_reported_as_nothing(start: Start) -> None:
    _, courier = start("documented")
    assert courier.carry(submit(courier), retry=PATIENT).note == ""


def test_a_job_that_someone_started_while_it_waited_for_the_user_is_reported(start: Start) -> None:
    service, courier = start("documented")
    waiting = courier.carry(submit(courier, ask_mode="always"), retry=PATIENT)
    (job,) = service.jobs.values()
    job.start({"colorManagementPreset": "default", "frameRanges": ["2-3"]})
    ended = courier.carry(courier.answer(waiting, Request.CONFIRM), retry=replace(PATIENT, late=1.0))
    assert ended.state is State.STOPPED and ended.problem is not None and ended.frames_done == 2
    assert "1, 4-5" in ended.problem.what
    assert 'frameRanges: ["1-5"] → ["2-3"]' in ended.problem.meaning


def test_an_upload_link_that_has_expired_is_not_used(start: Start) -> None:
    service, courier = start(Variant("expired at first", upload="expired"))
    assert courier.carry(submit(courier), retry=PATIENT).state is State.DONE
    assert (service.count("POST /uploads"), service.faults) == (2, [])


def test_links_that_all_look_expired_are_tried_for_it_may_be_a_clock(start: Start) -> None:
    service, courier = start(Variant("a wrong clock", upload="clock"))
    assert courier.carry(submit(courier), retry=PATIENT).state is State.DONE
    assert service.count("POST /uploads") == 3


def test_a_job_that_stays_created_is_asked_to_be_validated_again(start: Start) -> None:
    service, courier = start("words in place of a job")
    forgotten = []
    validate = service.post_validate

    def forget_once(job: object) -> object:
        if not forgotten:
            forgotten.append(job)
            return "OK"
        return validate(job)

    service.post_validate = forget_once
    assert courier.carry(submit(courier), retry=PATIENT).state is State.DONE
    assert service.count("POST /jobs/{id}/validate") == 2
