"""Asks what works in the background in a user folder to end. Standard library only; returns without waiting.

The next courier resumes what was under way: renders on a service meanwhile, those of *This Computer* then.
"""

from __future__ import annotations

import contextlib

from ...client.errors import LocalProblem
from ...jobs.journal.journal import Journal
from ...jobs.process.file_lock import is_held
from ...jobs.user_folder import UserFolder
from ..servers import local_farm

_WRITE_SECONDS = 0.5


def ask_all(home: UserFolder) -> None:
    """Ask courier and farms to leave, the courier first: it would start a farm that is gone."""
    if is_held(home.lock):
        with contextlib.suppress(LocalProblem), Journal(home.journal, busy_seconds=_WRITE_SECONDS) as journal:
            journal.ask_handover()
    for farm in home.farms.glob("*/farm.lock"):
        local_farm.ask_to_leave(farm.parent)
