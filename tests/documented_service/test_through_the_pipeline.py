"""A submission is carried to its frames, whichever way the service reads the documents."""

import expected_files
from carrying import Carrying
from documented_jobs import SIZE
from documented_service import DocumentedService

from farmhand.client.retry import RetryPolicy
from farmhand.jobs.journal.submission import State

PATIENT = RetryPolicy(first=0.1, ceiling=1.0, unreachable=20.0, faulty=20.0, late=20.0)


def test_a_submission_ends_with_all_its_frames(courier: Carrying, service: DocumentedService) -> None:
    submission = courier.submit((1, 2, 3, 4, 5), output_width=SIZE[0], output_height=SIZE[1])
    done = courier.carry(submission, retry=PATIENT)
    assert (done.state, done.problem, done.frames_suspect) == (State.DONE, None, 0)
    expected_files.check(service, courier.output, "shot_")
    assert done.frames_done == 5
    assert len(service.jobs) == 1
