"""Carries one submission in the caller's own process, for a studio's script: the courier's pipeline without a courier.

If a courier already works in the user folder, it carries the submission and the caller waits. A process that needs a
courier meanwhile hands its keys to this one, which starts a courier when this submission is carried.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping

from ...client.errors import LocalProblem
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import Request, Submission
from ...jobs.process.file_lock import Lock
from ...jobs.process.lock_holder import HolderRole, sign
from ...jobs.user_folder import UserFolder
from ..job.context import JobContext
from ..job.control import JobControl
from ..pipeline.runner import run
from ..process import follow, launcher
from ..process.key_channel import KeyChannel
from ..process.keys_in_memory import ServerKeys
from ..servers.servers import Servers

_TICK_SECONDS = 0.2
_LOCK_SECONDS = 0.1
"""So long may another process hold the lock that only looks whether it is held."""


def carry(
    home: UserFolder, submission: Submission, keys: Mapping[str, str], control: JobControl | None = None
) -> Submission:
    """Carry a submission until it is over or needs the user, and return it.

    Cancel and pause work from any process. If a background process runs, it does the work.

    Args:
        keys: server URL → key.
        control: lets the caller end it; None for a caller that never does.

    Raises:
        LocalProblem: the user folder cannot be used.
        Interrupted: the control ended it.
    """
    lock = Lock(home.lock)
    if not lock.acquire(_LOCK_SECONDS):
        launcher.ensure_courier(home, keys)
        *_, last = follow.follow(home, submission.id, keys)
        return last
    known = ServerKeys(keys)
    with _at_the_desk(home, lock, known), _connected(home, known) as servers, Journal(home.journal) as journal:
        context = JobContext.from_submission(home, servers, journal, submission, control or JobControl())
        with _hearing(home, submission.id, context.control):
            return run(context, journal.submission(submission.id) or submission)


@contextlib.contextmanager
def _at_the_desk(home: UserFolder, lock: Lock, keys: ServerKeys) -> Iterator[None]:
    """Sign the lock as its holder; at the end start the courier that another process asked for.

    A killed courier is still recorded in the journal: with the lock held it would seem to be running.
    """
    channel = KeyChannel(keys, home)
    sign(lock, HolderRole.FOREGROUND, channel.address)
    try:
        with Journal(home.journal) as journal:
            if (killed := journal.courier()) is not None:
                journal.courier_leaves(killed.pid)
        yield
    finally:
        channel.close()
        lock.release()
        if channel.was_used:
            with contextlib.suppress(LocalProblem):  # the process that asked checks again, and reports it
                launcher.ensure_courier(home, keys.known())


@contextlib.contextmanager
def _connected(home: UserFolder, keys: ServerKeys) -> Iterator[Servers]:
    servers = Servers(home, keys)
    try:
        yield servers
    finally:
        servers.close()


@contextlib.contextmanager
def _hearing(home: UserFolder, submission_id: str, control: JobControl) -> Iterator[None]:
    """Pass on the journal's requests for the submission."""
    ended = threading.Event()
    thread = threading.Thread(target=_listen, args=(home, submission_id, control, ended), name="hearing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _listen(home: UserFolder, submission_id: str, control: JobControl, ended: threading.Event) -> None:
    seen, heard = -1, set[int]()
    with contextlib.suppress(LocalProblem), Journal(home.journal) as journal:
        while not ended.is_set():
            if (found := journal.version()) != seen:
                seen = found
                for number, _, request in journal.requests(submission_id):
                    if number not in heard:
                        heard.add(number)
                        _pass_on(control, request, number)
            ended.wait(_TICK_SECONDS)


def _pass_on(control: JobControl, request: Request, number: int) -> None:
    """A request to forget a job only cancels it here; the next courier does the rest."""
    if request is Request.FORGET:
        control.ask(Request.CANCEL)
    else:
        control.ask(request, number)
