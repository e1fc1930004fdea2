"""Which call is allowed in which state of a job."""

import pytest

from farmhand.farm.errors import ApiError
from farmhand.farm.state import job_status

STARTED = {"booting", "rendering", "finalizing", "completed"}


@pytest.mark.parametrize("status", sorted(set(job_status.STATUSES) - {"created"}))
def test_only_a_created_job_can_be_validated(status: str) -> None:
    with pytest.raises(ApiError) as refused:
        job_status.check_validate(status)
    assert refused.value.status == 400


@pytest.mark.parametrize("status", sorted(set(job_status.STATUSES) - {"validated"}))
def test_only_a_validated_job_can_be_rendered_for_the_first_time(status: str) -> None:
    with pytest.raises(ApiError) as refused:
        job_status.check_render(status, was_started=False)
    assert refused.value.status == 400


@pytest.mark.parametrize("status", sorted(STARTED | {"failed", "canceled"}))
def test_a_second_start_is_a_replay_wherever_the_job_is(status: str) -> None:
    assert job_status.check_render(status, was_started=True)


@pytest.mark.parametrize("status", sorted(set(job_status.STATUSES) - set(job_status.OVER)))
def test_every_job_in_progress_can_be_canceled(status: str) -> None:
    job_status.check_cancel(status)


@pytest.mark.parametrize("status", job_status.OVER)
def test_a_job_that_is_over_cannot_be_canceled(status: str) -> None:
    with pytest.raises(ApiError) as refused:
        job_status.check_cancel(status)
    assert refused.value.status == 400


@pytest.mark.parametrize("status", job_status.OVER)
@pytest.mark.parametrize("new", job_status.STATUSES[1:])
def test_a_job_that_is_over_stays_as_it_is(status: str, new: str) -> None:
    assert not job_status.may_become(status, new)
