"""The step in which the service opens the file and says what it found."""

from __future__ import annotations

import time

from ...client.errors import FarmhandError, NotAllowedNow, NotFound, Refused, ServerFault
from ...client.message import Message, msg
from ...client.models import Job
from ...client.retry import Backoff
from ...jobs.folder.job_folder import ALWAYS
from ...jobs.journal.submission import Stage, Submission
from ..job.context import JobContext
from . import expectation, on_hold, reporting
from .job_status import BEFORE_VALIDATED, seen, shown, unless_already

ASK_AGAIN_SECONDS = 3.0
"""If a job is still only created this long after a request to validate it, the request is repeated, ever less often."""
LONGEST_SECONDS = 300.0
NEW_JOB_SECONDS = 15.0
"""How long a new job may be unknown: some services answer from a database replica that lags behind."""
_ACCEPTED = msg("The server accepted the file for validation.")
_NOT_YET = msg("The server accepted the file but has not started to validate it.")


def validate(context: JobContext, submission: Submission) -> Submission:
    """Have the service open the file, and wait for the result, however long its queue is.

    Raises NotAllowedNow if it has not begun within the time that a server may be unreachable.
    """
    asking = _Asking(context, submission)
    job = asking.look()
    pace, hold_pace = context.pace(), context.hold_pace()
    while not job.is_over and (job.status in BEFORE_VALIDATED or job.is_on_hold):
        if job.status == "created" and asking.is_due:
            job = asking.ask(job)
            continue
        note = asking.note(job)
        submission = shown(context, submission, job, note)
        context.control.wait((hold_pace if note or job.is_on_hold else pace).next())
        job = asking.look()
    submission = seen(submission, job).with_(note="")
    reporting.record(context, job)
    if job.status != "validated":
        return submission.with_(stage=Stage.PULL)
    must_ask = submission.needs_confirm and (
        context.job.ask_mode == ALWAYS or bool(expectation.unexpected(job.analysis, context.job))
    )
    return submission.with_(stage=Stage.CONFIRM if must_ask else Stage.RENDER)


class _Asking:
    """Asks the service to validate a job until the job shows that it has begun."""

    def __init__(self, context: JobContext, submission: Submission) -> None:
        self._context = context
        self._submission = submission
        self._was_accepted = any(entry[3] == _ACCEPTED for entry in context.journal.transitions(submission.id))
        self._wait = Backoff(ASK_AGAIN_SECONDS, LONGEST_SECONDS)
        self._ask_at = float("-inf")
        self._asked = 0
        self._began = time.monotonic()

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self._ask_at

    def note(self, job: Job) -> str:
        """What the user has to know when validation is requested again and again, or ""."""
        is_late = job.status == "created" and self._asked > 2
        return Message.joined((_NOT_YET, on_hold.WHAT_TO_DO)) if is_late else ""

    def look(self) -> Job:
        """The current job. Raises NotFound, unless the job may be too new to be known."""
        while True:
            try:
                return self._context.server.job(self._submission.job_id)
            except NotFound:
                if not self._may_be_too_new():
                    raise
            self._context.control.wait(self._context.server.pace.first)

    def ask(self, job: Job) -> Job:
        """The job after one more request. A refusal is an error only if no earlier request was accepted."""
        if self._asked > 2 and time.monotonic() - self._began > self._context.retry.unreachable:
            raise NotAllowedNow(_NOT_YET, "Nothing was rendered. The uploaded file is kept.", "Try again later.")
        try:
            job = unless_already(self._context, job, self._call)
        except NotAllowedNow:
            if not self._was_accepted:
                raise
        except NotFound:
            if not self._may_be_too_new():
                raise
        self._asked += 1
        self._ask_at = time.monotonic() + self._wait.next()
        return job

    def _call(self) -> Job:
        """Make the call, and record that it was accepted, or may have been: a later run has to know."""
        try:
            job = self._context.service.validate(self._submission.job_id)
        except FarmhandError as error:
            if not isinstance(error, Refused) or isinstance(error, ServerFault):
                self._remember()
            raise
        self._remember()
        return job

    def _remember(self) -> None:
        if not self._was_accepted:
            self._was_accepted = True
            self._context.save(self._submission, _ACCEPTED)

    def _may_be_too_new(self) -> bool:
        """Never on this computer: a farm that does not know the job is a new one, to which we reconnect."""
        return not self._context.server.is_local and time.monotonic() - self._began < NEW_JOB_SECONDS
