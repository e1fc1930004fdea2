"""Counters in any shape: what can be read counts, and only the job's own documented status is its status."""

from typing import Any

import pytest

from farmhand.client.progress import of_job, read_progress

JOB = "465d7fed"
FRAMES = [{"frame": 1, "status": "completed"}, {"frame": 2, "status": "rendering"}, {"frame": 3, "status": "done"}]


def told(answer: Any, *, asked_alone: bool = True) -> tuple[str | None, int | None, int | None] | None:
    found = of_job(read_progress(answer), JOB, asked_alone=asked_alone)
    return found and (found.status, found.frames_completed, found.frames_total)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([], None),
        ([{"jobId": JOB, "status": "rendering", "framesCompleted": 2, "framesTotal": 5}], ("rendering", 2, 5)),
        ({"jobId": JOB, "status": "rendering", "framesCompleted": 2}, ("rendering", 2, None)),
        ({"data": {"progress": [{"jobId": JOB, "completedFrames": 2, "totalFrames": 5}]}}, (None, 2, 5)),
        ({JOB: {"done": 2, "total": 5}}, (None, 2, 5)),
        ({"total": 5, "rendered": "2"}, (None, 2, 5)),
        ([{"framesCompleted": 2, "status": "rendering"}], (None, 2, None)),
        ([{"jobId": JOB, "status": "running", "framesCompleted": 2}], (None, 2, None)),
        ([{"jobId": JOB, "status": "suspended"}], ("suspended", None, None)),
        (FRAMES, (None, 2, None)),
        ([{**one, "jobId": JOB} for one in FRAMES], (None, 2, None)),
        ({"jobId": JOB, "status": "rendering", "frames": FRAMES}, (None, 2, None)),
        ([{"jobId": JOB, "node": "a", "done": 2}, {"jobId": JOB, "node": "b", "done": 1}], (None, 3, None)),
        ([{"jobId": JOB, "node": "a", "status": "rendering"}], (None, 0, None)),
        ([{"jobId": JOB, "status": "rendering"}, {"jobId": JOB, "status": "validating"}], (None, None, None)),
        ([{"jobId": "other", "status": "rendering", "framesCompleted": 2}], None),
        ([None, 7, "rendering", [], {"framesCompleted": True, "status": 3}], None),
        ([{"framesCompleted": 10**40, "framesTotal": -1}], None),
        ("rendering", None),
    ],
    ids=str,
)
def test_what_can_be_read_counts(answer: Any, expected: Any) -> None:
    assert told(answer) == expected


def test_among_all_jobs_an_entry_without_a_jobs_id_is_of_none() -> None:
    assert told([{"framesCompleted": 2}], asked_alone=False) is None
    assert told([{"jobId": JOB, "framesCompleted": 2}], asked_alone=False) == (None, 2, None)


def test_many_large_counters_fit_the_journal() -> None:
    found = told([{"jobId": JOB, "done": 2**53, "node": number} for number in range(2000)])
    assert found is not None and found[1] is not None and found[1] < 2**63
