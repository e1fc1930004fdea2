"""What a service may do beside what the documents say, and a submission has to get over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from carrying import Carrying, carrying
from documented_service import KEY, DocumentedService, Refusal, serving
from documented_variants import Variant

from farmhand.client.network.network import NetworkSettings
from farmhand.client.retry import RetryPolicy
from farmhand.jobs import resubmit
from farmhand.jobs.folder import manifest
from farmhand.jobs.journal.submission import State

PATIENT = RetryPolicy(first=0.1, ceiling=1.0, unreachable=20.0, faulty=20.0, late=5.0)


@pytest.fixture
def service() -> Iterator[DocumentedService]:
    with serving(Variant("documented")) as service:
        yield service


@pytest.fixture
def courier(service: DocumentedService, tmp_path: Path) -> Iterator[Carrying]:
    with carrying(tmp_path, service.url, KEY) as ours:
        ours.network = NetworkSettings()
        yield ours


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
