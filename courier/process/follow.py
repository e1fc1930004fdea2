"""Watches one submission through the journal until it is over or waits; restarts a courier that died.

Standard library only: the command line and a background Blender use it to wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from ...client.errors import LocalProblem
from ...jobs.journal import request_rules
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import Request, State, Submission
from ...jobs.process.file_lock import is_held
from ...jobs.user_folder import UserFolder
from . import launcher

STANDING = frozenset({State.WAITING, State.PAUSED, State.STOPPED})
_TICK_SECONDS = 0.05
_CARE_SECONDS = 2.0


def follow(home: UserFolder, submission_id: str, keys: Mapping[str, str]) -> Iterator[Submission]:
    """The submission now and after each change, until it is over or needs the user.

    Args:
        keys: server URL → key; for a background process that has to be started.

    Raises:
        LocalProblem: the journal is gone, or no background process can be started.
    """
    with Journal(home.journal) as journal:
        shown, seen, care_at = None, -1, time.monotonic() + _CARE_SECONDS
        while True:
            found = journal.version()
            if found != seen:
                seen = found
                asked = [request for _, _, request in journal.requests(submission_id)]
                submission = _existing(journal, submission_id)  # after its requests: it shows what fulfilled them
                if submission != shown:
                    shown = submission
                    yield submission
                if _stands_still(journal, submission, asked, keys):
                    return
            if time.monotonic() > care_at:
                care_at = time.monotonic() + _CARE_SECONDS
                journal.check_place()
                if not is_held(home.lock) or _could_get_the_key(journal, submission, keys):
                    launcher.ensure_courier(home, keys)
            time.sleep(_TICK_SECONDS)


def _stands_still(journal: Journal, submission: Submission, asked: Iterable[Request], keys: Mapping[str, str]) -> bool:
    """Whether nothing more happens by itself, and no open request changes that."""
    if not submission.is_over and submission.state not in STANDING:
        return False
    moves = [request for request in asked if not request_rules.is_idle(submission, request)]
    if request_rules.waits_for_key(submission) and not moves:
        return submission.server_url not in keys and _lacks_the_key(journal, submission.server_url)
    return not moves


def _could_get_the_key(journal: Journal, submission: Submission, keys: Mapping[str, str]) -> bool:
    """Whether it waits for a key that we have and the courier lacks, such as a courier that others started."""
    url = submission.server_url
    return request_rules.waits_for_key(submission) and url in keys and _lacks_the_key(journal, url)


def _lacks_the_key(journal: Journal, server_url: str) -> bool:
    """Whether there is a courier that does not know the key."""
    presence = journal.courier()
    return presence is not None and server_url not in presence.keys_for


def _existing(journal: Journal, submission_id: str) -> Submission:
    submission = journal.submission(submission_id)
    if submission is None:
        raise LocalProblem("The job was removed from the list.", "", "Its frames are kept.")
    return submission
