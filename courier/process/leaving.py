"""Asks the background processes of a user folder to exit. Standard library only; returns without waiting.

The next courier resumes their jobs. Renders on a service continue meanwhile, those on *This Computer* only then.
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
    """Ask courier and farms to exit, the courier first: it would restart a farm that has ended."""
    if is_held(home.lock):
        with contextlib.suppress(LocalProblem), Journal(home.journal, busy_seconds=_WRITE_SECONDS) as journal:
            journal.ask_handover()
    for farm in home.farms.glob("*/farm.lock"):
        local_farm.ask_to_leave(farm.parent)
