"""What a job's status says, and how much of it a submission records."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ...client.errors import NotAllowedNow
from ...client.models import Job
from ...client.plain_text import tidy
from ...jobs.journal.submission import Submission
from ..job.context import JobContext
from . import on_hold
from .on_hold import STATUS_LENGTH

BEFORE_VALIDATED = ("created", "validating")
REFUSED_SECONDS = 5.0
"""How long a job may take to show what began just before a call was refused."""


def unless_already(context: JobContext, before: Job, call: Callable[[], Job]) -> Job:
    """Make a call that the service refuses if it was made before; then the job's status decides.

    Args:
        before: the job as it was when the call was decided on.
        call: returns the job after it.

    Raises:
        NotAllowedNow: refused, and the job stays as it was before.
    """
    try:
        return call()
    except NotAllowedNow:
        end = time.monotonic() + REFUSED_SECONDS
        while time.monotonic() < end:
            context.control.wait(context.server.pace.first)
            job = context.service.job(before.id)
            if job.status != before.status:
                return job
        raise


def shown(context: JobContext, submission: Submission, job: Job, note: str = "") -> Submission:
    """The submission with the job's status, and what the user has to know about it; saved if that is new.

    Args:
        job: as the service just sent it.
        note: shown unless the status itself needs one; "" for none.
    """
    note = on_hold.advice(job.status) or on_hold.reason(job) or note
    if tidy(job.status, STATUS_LENGTH) == submission.job_status and note == submission.note:
        return submission
    return context.save(seen(submission, job).with_(note=note))


def seen(submission: Submission, job: Job) -> Submission:
    """The submission with the job's status and render seconds."""
    return submission.with_(job_status=tidy(job.status, STATUS_LENGTH), normalized_seconds=seconds_of(job, submission))


def seconds_of(job: Job, submission: Submission) -> float | None:
    """Render seconds as the service counts them; anything but a number changes nothing."""
    seconds = job.normalized_seconds
    return seconds if seconds is not None and math.isfinite(seconds) else submission.normalized_seconds
