"""The courier's main loop: gives each submission a thread, passes requests on, and exits when nothing is left to do."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass

from ...client.errors import FarmhandError, LocalProblem
from ...client.message import msg
from ...jobs import settings
from ...jobs.journal import request_rules
from ...jobs.journal.journal import Journal
from ...jobs.journal.journal_file import JournalLost
from ...jobs.journal.submission import CourierInfo, Problem, Request, Stage, State, Submission
from ...jobs.user_folder import UserFolder
from ...jobs.version import version
from ..job.context import JobContext
from ..job.control import Interrupted, JobControl, PendingRequest
from ..pipeline.runner import run
from ..process.key_channel import KeyChannel
from ..process.keys_in_memory import ServerKeys
from ..servers.servers import Servers

IDLE_SECONDS = 60.0
MOST_UPLOADS = 4
"""Simultaneous uploads to one server: more would only share the same line."""
_TICK_SECONDS = 0.05
BEAT_SECONDS = 2.0
_LEAVE_SECONDS = 5.0
TROUBLE_SECONDS = 2.0
_GOES_ON = msg("The background process stopped unexpectedly; a new one resumed this job.")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Carried:
    thread: threading.Thread
    control: JobControl


class Supervisor:
    """One courier at work on one user folder; the caller holds the lock.

    idle_seconds: without work, until it exits. beat_seconds: between two heartbeats in the journal.
    trouble_seconds: until it retries after the journal could not be written.
    """

    def __init__(
        self,
        home: UserFolder,
        keys: ServerKeys,
        *,
        idle_seconds: float = IDLE_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
        trouble_seconds: float = TROUBLE_SECONDS,
    ) -> None:
        self._home = home
        self._keys = keys
        self._idle_seconds = idle_seconds
        self._beat_seconds = beat_seconds
        self._trouble_seconds = trouble_seconds
        self._journal = Journal(home.journal)
        self._servers = Servers(home, keys)
        self._channel = KeyChannel(keys, home)
        self._started = time.time()
        self._carried: dict[str, _Carried] = {}
        self._forgetting: set[str] = set()
        self._canceled_to_forget: set[str] = set()
        self._known_keys: dict[str, str] | None = None
        self._leaving = False

    def leave(self) -> None:
        """Exit at the next safe point.

        May be called from a signal handler, at any moment in this thread: so it takes no lock, unlike an Event.
        """
        self._leaving = True

    def run(self) -> None:
        """Work until asked to leave, or until idle for long enough. Raises JournalLost."""
        try:
            self._work_on()
        finally:
            self._close()

    def _work_on(self) -> None:
        busy_at, beat_at, seen = time.monotonic(), 0.0, -1
        self._arrive()
        while not self._leaving:
            now = time.monotonic()
            ended = self._sweep()
            try:
                if now >= beat_at:
                    beat_at = now + self._beat_seconds
                    self._beat()
                found = self._journal.version()
                if found != seen or ended or self._has_new_keys():
                    self._take_keys()
                    self._look_around()
                    seen = found
            except JournalLost:
                raise
            except LocalProblem as problem:  # a full disk, most likely: it may have space again soon
                _log.error("%s", problem)
                seen = -1  # check again for threads that have ended meanwhile
                self._rest(self._trouble_seconds)
            if self._carried:
                busy_at = now
            elif now - busy_at > self._idle_seconds:
                if self._retire():
                    break
                busy_at, seen = now, -1
            self._rest(_TICK_SECONDS)

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._leaving and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _TICK_SECONDS))

    # Coming and going

    def _arrive(self) -> None:
        self._take_keys()
        for submission in self._journal.submissions(unfinished=True):
            if submission.state is State.ACTIVE:
                self._journal.save(submission.with_(note=_GOES_ON), _GOES_ON)
        self._look_around()

    def _say_hello(self) -> None:
        now = time.time()
        prints = self._keys.fingerprints(self._started)
        self._journal.courier_is(CourierInfo(os.getpid(), version(), self._started, now, prints, self._channel.address))

    def _beat(self) -> None:
        if self._journal.courier_beats(os.getpid()):
            _log.info("Another version of Farmhand is taking over")
            self.leave()
        self._journal.check_place()
        self._servers.apply(settings.read(self._home))

    def _retire(self) -> bool:
        """Sign off, then check once more: a process that submits a job or brings a key later starts a new courier."""
        self._journal.courier_leaves(os.getpid())
        if self._has_new_keys() or self._work() or any(map(self._can_be_fulfilled, self._journal.requests())):
            self._say_hello()
            return False
        return True

    def _can_be_fulfilled(self, open_request: tuple[int, str, Request]) -> bool:
        _, submission_id, request = open_request
        submission = self._journal.submission(submission_id)
        return submission is None or not request_rules.is_idle(submission, request)

    def _close(self) -> None:
        with contextlib.suppress(LocalProblem):  # first: no process relies on us from here on
            self._journal.courier_leaves(os.getpid())
        for carried in self._carried.values():
            carried.control.leave()
        end = time.monotonic() + _LEAVE_SECONDS
        for carried in self._carried.values():
            carried.thread.join(max(0.0, end - time.monotonic()))
        if not any(carried.thread.is_alive() for carried in self._carried.values()):
            self._servers.close()
        self._channel.close()
        self._journal.close()

    def _has_new_keys(self) -> bool:
        return self._keys.known() != self._known_keys

    def _take_keys(self) -> None:
        """Use keys that were handed in, and sign in if a new journal does not know this courier."""
        known = self._keys.known()
        if known == self._known_keys and self._journal.courier() is not None:
            return
        changed = {url for url, key in known.items() if (self._known_keys or {}).get(url) != key}
        self._known_keys = known
        self._servers.forget_connections()
        self._say_hello()
        for submission in self._journal.submissions(unfinished=True):
            if submission.server_url in changed and request_rules.needs_other_key(submission):
                request_rules.answer(self._home, self._journal, submission, Request.RETRY)

    # Work

    def _look_around(self) -> None:
        self._pass_requests_on()
        work = self._work()
        uploads = Counter(one.server_url for one in work if one.id in self._carried and one.stage is Stage.UPLOAD)
        for submission in work:
            if submission.id in self._carried:
                continue
            if submission.stage is Stage.UPLOAD:
                uploads[submission.server_url] += 1
                if uploads[submission.server_url] > MOST_UPLOADS:
                    continue
            self._start(submission)

    def _work(self) -> list[Submission]:
        """The submissions to carry, oldest first."""
        waiting = []
        for submission in reversed(self._journal.submissions(unfinished=True)):
            has_key = request_rules.waits_for_key(submission) and self._servers.has_key(submission.server_url)
            if has_key or submission.state in (State.QUEUED, State.ACTIVE):
                waiting.append(submission)
        return waiting

    def _pass_requests_on(self) -> None:
        for number, submission_id, request in self._journal.requests():
            submission = self._journal.submission(submission_id)
            if submission is None:
                self._journal.answered(number)
            elif request is Request.FORGET:
                self._forget(submission)
            elif submission_id in self._carried:
                self._carried[submission_id].control.ask(request, number)
            elif request_rules.needs_service(submission, request):
                self._start(submission, PendingRequest(request, number))
            elif not request_rules.stays(self._answer(submission, request), request):
                self._journal.answered(number)

    def _answer(self, submission: Submission, request: Request) -> Submission:
        try:
            return request_rules.answer(self._home, self._journal, submission, request)
        except FarmhandError as error:
            return self._journal.save(submission.with_(state=State.STOPPED, problem=Problem.from_error(error)))

    def _forget(self, submission: Submission) -> None:
        """A running job is canceled first, with a single try, because the user wants it gone.

        A thread that was just ending may have missed the request, so asking a thread does not count as that try.
        """
        if submission.id in self._carried:
            if submission.id not in self._forgetting:
                self._carried[submission.id].control.ask(Request.CANCEL)
        elif request_rules.needs_service(submission, Request.CANCEL) and submission.id not in self._canceled_to_forget:
            self._canceled_to_forget.add(submission.id)
            self._start(submission, PendingRequest(Request.CANCEL))
        else:
            request_rules.forget(self._home, self._journal, submission)
        self._forgetting.add(submission.id)

    def _start(self, submission: Submission, *asked: PendingRequest) -> None:
        if not self._servers.has_key(submission.server_url):
            if not request_rules.waits_for_key(submission):
                self._journal.save(request_rules.key_needed(submission))
            return
        control = JobControl()
        for number, _, request in self._journal.requests(submission.id):
            if request is Request.PULL_AGAIN:
                control.ask(request, number)
        for pending in asked:
            control.ask(pending.request, pending.number)
        name = f"carry {submission.id[:8]}"
        thread = threading.Thread(target=self._carry, args=(submission, control), name=name, daemon=True)
        self._carried[submission.id] = _Carried(thread, control)
        thread.start()

    def _sweep(self) -> bool:
        ended = [name for name, carried in self._carried.items() if not carried.thread.is_alive()]
        for name in ended:
            del self._carried[name]
        return bool(ended)

    def _carry(self, submission: Submission, control: JobControl) -> None:
        """Run in one thread: whatever happens ends in a defined state."""
        _log.info("%s: carrying from %s", submission.id, submission.stage.value)
        try:
            with Journal(self._home.journal) as journal:
                self._carry_with(journal, submission, control)
        except LocalProblem as problem:  # not even the journal can be written
            _log.error("%s: %s", submission.id, problem)
            control.rest(self._trouble_seconds)

    def _carry_with(self, journal: Journal, submission: Submission, control: JobControl) -> None:
        key = self._keys.get(submission.server_url)
        try:
            last = run(self._context(journal, submission, control), submission)
            if request_rules.needs_other_key(last) and self._keys.get(submission.server_url) != key:
                request_rules.answer(self._home, journal, last, Request.RETRY)
        except Interrupted:
            _log.info("%s: left for the next courier", submission.id)
        except FarmhandError as error:
            self._stopped(journal, submission, Problem.from_error(error))
        except Exception:
            _log.exception("%s: unexpected", submission.id)
            self._stopped(journal, submission, Problem.from_error(self._unexpected()))

    def _context(self, journal: Journal, submission: Submission, control: JobControl) -> JobContext:
        return JobContext.from_submission(self._home, self._servers, journal, submission, control)

    def _stopped(self, journal: Journal, submission: Submission, problem: Problem) -> None:
        latest = journal.submission(submission.id) or submission
        journal.save(latest.with_(state=State.STOPPED, problem=problem, note=""), problem.what)

    def _unexpected(self) -> LocalProblem:
        return LocalProblem(
            "An unexpected error occurred in Farmhand.",
            "Progress so far is kept, and a running render continues on the server.",
            msg(
                "Retry. If it happens again, report it and attach the log {path}.", path=self._home.logs / "courier.log"
            ),
        )
