"""The pipeline of a submission: upload → create → validate → (confirm) → render → pull and verify.

`run` is the same in the courier and in a studio's own Python. The journal is written before the next step begins, so
that a call after a crash resumes at the interrupted step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ...client.cancellation import cancellable
from ...client.errors import FarmhandError, NotFound, Stopped, Unauthorized, Unreachable
from ...client.message import Message, msg
from ...client.retry import Backoff
from ...jobs.journal import request_rules
from ...jobs.journal.submission import Problem, Request, Stage, State, Submission
from ..frames import output_drive, recheck
from ..job.context import JobContext
from ..job.control import Interrupted, PendingRequest
from . import steps
from .monitor import monitor
from .validation import validate

Step = Callable[[JobContext, Submission], Submission]
_STEPS: Mapping[Stage, Step] = {
    Stage.UPLOAD: steps.upload,
    Stage.CREATE: steps.create,
    Stage.VALIDATE: validate,
    Stage.CONFIRM: steps.confirm,
    Stage.RENDER: steps.render,
    Stage.PULL: monitor,
}
_MAKES_A_JOB = (Stage.UPLOAD, Stage.CREATE)
"""The steps that only one computer may run. From then on there is one job, which is paid for once."""
_FARM_RESTARTS = 6
_QUIET_SECONDS = 60.0
_FEWEST_TRIES = 5
"""At least this many tries in a row must fail, however long each takes: an upload may run for hours between errors."""
_FARM_ENDED = msg("The farm on this computer stopped and is being restarted. Rendered frames are kept.")


def run(context: JobContext, submission: Submission) -> Submission:
    """Carry a submission until it is over, waits for the user, is paused or stopped by a problem; return it.

    Raises Interrupted when context.control says that the courier ends; the journal holds what was reached.
    """
    if submission.is_over:
        return submission
    output_drive.remember(context.folder, context.job.output)
    with cancellable(context.control.token):
        return _Run(context).carry(context.save(submission.with_(state=State.ACTIVE, problem=None)))


class _Run:
    """One run through the steps, with its retries."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._cancel: PendingRequest | None = None
        self._again = list[PendingRequest]()
        self._troubles = _Troubles(context)

    def carry(self, submission: Submission) -> Submission:
        while submission.state is State.ACTIVE:
            try:
                submission = self._next(submission)
            except (Interrupted, Stopped):
                submission = self._heed(self._latest(submission))
            except FarmhandError as error:
                submission = self._endure(self._latest(submission), error)
        if submission.state is not State.PAUSED:  # a paused one is compared when it resumes
            self._answer_again()
        return submission

    def _next(self, submission: Submission) -> Submission:
        if self._cancel is not None:
            after = self._context.save(steps.cancel(self._context, submission))
            self._answered(self._cancel)
            return after
        self._context.control.check()
        if self._again:
            return self._compared(submission)
        if submission.stage in _MAKES_A_JOB and (other := self._context.journal.other_computer(submission.id)):
            return self._context.save(request_rules.on_other_computer(submission, other))
        after = _STEPS[submission.stage](self._context, submission)
        if after.stage is not submission.stage:
            self._troubles.forget()
        return self._context.save(after)

    def _compared(self, submission: Submission) -> Submission:
        """*Download Again*: existing files are checked first; those that changed are downloaded with the rest."""
        context = self._context
        output_drive.check(context.folder, context.job.output)  # else all frames seem to be gone
        if submission.stage is not Stage.PULL or recheck.compare(context.journal, submission, context.control):
            self._answer_again()
        return self._latest(submission)

    def _answer_again(self) -> None:
        for pending in self._again:
            self._answered(pending)
        self._again.clear()

    def _latest(self, submission: Submission) -> Submission:
        """The submission as the interrupted step last saved it."""
        return self._context.journal.submission(submission.id) or submission

    def _heed(self, submission: Submission) -> Submission:
        """Handle a request, or the end of the courier. For *Retry*, waking up is enough."""
        pending = self._context.control.take()
        if pending is None or self._context.control.leaving:
            raise Interrupted
        if pending.request is Request.CANCEL:
            self._cancel = pending
            return self._context.save(submission.with_(note="Canceling."))
        if pending.request is Request.PULL_AGAIN:
            self._again.append(pending)
            return submission
        if pending.request is Request.PAUSE and self._cancel is None:
            submission = self._context.save(submission.with_(state=State.PAUSED, note=""))
        self._answered(pending)
        return submission

    def _answered(self, pending: PendingRequest) -> None:
        if pending.number:
            self._context.journal.answered(pending.number)

    def _endure(self, submission: Submission, error: FarmhandError) -> Submission:
        """Wait and continue after transient errors; stop with a message to the user after others."""
        what = _FARM_ENDED if self._troubles.is_farm_gone(error) else error.what
        submission = self._context.save(submission.with_(note=what))
        wait = self._troubles.wait_after(error, submission)
        if wait is None:
            return self._stop(submission, error)
        if wait >= 1:
            note = Message.joined((what, msg("Retrying in {seconds:.0f} s.", seconds=wait)))
            submission = self._context.save(submission.with_(note=note))
        try:
            self._context.control.wait(wait)
        except Interrupted:
            return self._heed(submission)
        return submission

    def _stop(self, submission: Submission, error: FarmhandError) -> Submission:
        if self._cancel is not None:
            self._answered(self._cancel)
        return self._context.save(
            submission.with_(state=State.STOPPED, problem=Problem.from_error(error), note=""), error.what
        )


class _Troubles:
    """Recent errors: how long to wait after one, and when to give up."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._backoff = Backoff(context.retry.first, context.retry.ceiling)
        self._restarts = 0
        self._failed = 0
        self._last_at = time.monotonic()
        self._last_wait = 0.0
        self._asked_for = 0.0
        self._frames_done = 0

    def forget(self) -> None:
        self._backoff.reset()
        self._asked_for = 0.0
        self._restarts = 0
        self._failed = 0

    def wait_after(self, error: FarmhandError, submission: Submission) -> float | None:
        """Seconds to wait before the next try; None when it is time to stop."""
        if self._went_well_since(submission):
            self.forget()
        self._last_at, self._frames_done = time.monotonic(), submission.frames_done
        elapsed = self._backoff.elapsed()
        self._failed += 1
        if self.is_farm_gone(error):
            self._restarts += 1
            self._context.server.reconnect()
            if self._restarts > _FARM_RESTARTS:
                return None
            self._last_wait = self._backoff.next() if self._restarts > 1 else 0.0
            return self._last_wait
        if not error.is_transient or self._is_enough(error, elapsed):
            return None
        asked = error.retry_after or 0.0
        self._last_wait = max(self._backoff.next(), asked)
        self._asked_for += asked
        return self._last_wait

    def _is_enough(self, error: FarmhandError, elapsed: float) -> bool:
        """A wait that the service asks for does not count as failing, but is limited too."""
        retry = self._context.retry
        is_over = elapsed - self._asked_for > retry.give_up_after(error) and self._failed >= _FEWEST_TRIES
        return is_over or (self._asked_for > 0 and elapsed > retry.unreachable)

    def is_farm_gone(self, error: FarmhandError) -> bool:
        """Whether this computer's farm has ended, which can be restarted; a new one has another key."""
        return self._context.server.is_local and isinstance(error, Unreachable | Unauthorized | NotFound)

    def _went_well_since(self, submission: Submission) -> bool:
        """Whether the server has worked since the last error, for a while or with new frames."""
        if self._context.server.answered_at < self._last_at:
            return False
        quiet = time.monotonic() - self._last_at - self._last_wait
        return submission.frames_done > self._frames_done or quiet > _QUIET_SECONDS + 5 * self._last_wait
