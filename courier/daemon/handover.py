"""How a new courier begins: it takes the lock, or hands its keys to the holder.

A holder is killed only if it is certainly a courier that does not leave; another program's process never is.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from ...client.errors import LocalProblem
from ...jobs.journal.journal import Journal
from ...jobs.process import process_ids
from ...jobs.process.file_lock import Lock
from ...jobs.process.lock_holder import Holder, HolderRole, holder, sign
from ...jobs.user_folder import UserFolder
from ...jobs.version import version
from ..process.key_channel import send_keys
from ..process.keys_in_memory import ServerKeys

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds: for one try to get the lock, for one holder to hand over, and for all tries together."""

    look: float = 0.5
    handover: float = 15.0
    limit: float = 45.0


def acquire_or_hand_over(home: UserFolder, keys: ServerKeys, waits: Waits = Waits()) -> Lock | None:
    """The lock of this user folder; None if its holder has taken our keys and does our work.

    Args:
        keys: to be handed to the holder.
        waits: how long each step may take, in seconds.

    Raises:
        LocalProblem: it was not released in time.
    """
    lock = Lock(home.lock)
    there, since = None, time.monotonic()
    end = since + waits.limit
    while not lock.acquire(waits.look):
        found = holder(home.lock)
        if found != there:
            there, since = found, time.monotonic()
        if _has_taken_keys(home, there, keys):
            return None
        now = time.monotonic()
        if now > since + waits.handover and there is not None and there.role is HolderRole.COURIER:
            _log.warning("%s: ended a courier that did not leave", there.pid)
            process_ids.end(there.pid, there.began)  # whatever it was doing, the journal has it
        elif now > since + waits.handover or now > end:
            raise _in_the_way(there)
    sign(lock, HolderRole.COURIER)
    return lock


def _has_taken_keys(home: UserFolder, there: Holder | None, keys: ServerKeys) -> bool:
    """Whether the holder has our keys now; a courier that did not take them is asked to leave."""
    if there is not None and there.role is HolderRole.FOREGROUND:
        return send_keys(there.channel, keys.known())
    with Journal(home.journal) as journal:
        presence = journal.courier()
        if presence is None or (there is not None and presence.pid != there.pid):
            return False  # it is just starting or ending
        if presence.version == version() and not presence.handover and send_keys(presence.channel, keys.known()):
            now = journal.courier()  # none, or another one: it has signed off and may not see the keys
            return now is not None and now.pid == presence.pid and not now.handover
        journal.ask_handover(presence.pid)
    return False


def _in_the_way(there: Holder | None) -> LocalProblem:
    _log.error("%s: the process that holds the lock", there.pid if there else "unknown")
    return LocalProblem(
        "Another Farmhand process holds this user folder and did not release it.",
        "Your jobs are kept and continue when it exits.",
        "Look for a stuck script or farmhand command. If there is none, restart the computer.",
    )
