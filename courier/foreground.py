"""Carries one submission in the caller's own process, for a studio's script: the courier's pipeline without a courier.

When a courier is at work in the user folder already, it is the one that carries; the caller waits.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import follow, launcher
from .control import Control
from .home import Home
from .journal import Journal
from .keys import Keys
from .lock import Lock
from .pipeline import run
from .servers import Servers
from .submission import Submission
from .trip import Trip


def carry(home: Home, submission: Submission, keys: Mapping[str, str], control: Control | None = None) -> Submission:
    """Carry until it is over or needs somebody, and return it as it stands then.

    keys: server URL → key.  Raises LocalProblem; Interrupted when the control says so.
    """
    lock = Lock(home.lock)
    if not lock.acquire():
        launcher.ensure_courier(home, keys)
        *_, last = follow.follow(home, submission.id, keys)
        return last
    servers = Servers(home, Keys(keys))
    try:
        with Journal(home.journal) as journal:
            trip = Trip.of(home, servers, journal, submission, control or Control())
            return run(trip, journal.submission(submission.id) or submission)
    finally:
        servers.close()
        lock.release()
