"""Jobs continue automatically: a timer restarts a courier that died, or that ended with the computer."""

from __future__ import annotations

import bpy

from ..jobs import server_address
from ..jobs.journal.request_rules import waits_for_key
from ..jobs.process.file_lock import is_held
from ..ui import state as ui_state
from ..ui.servers import servers
from ..ui.session import Session
from . import common

EVERY_SECONDS = 5.0
"""Longer than a courier needs to start, so that none is started twice."""
FIRST_SECONDS = 1.5
"""By then the jobs of the last session were read."""


def tick() -> float | None:
    """Check once. Returns the seconds until the next check, or None if Farmhand was disabled."""
    current = ui_state.current()
    if current is None:
        return None
    try:
        if getattr(bpy.context, "window_manager", None) is not None and is_needed(current):
            common.wake_courier(bpy.context)
    except Exception as error:  # a timer that raises is never called again
        current.refuse(common.in_words(error))
    return EVERY_SECONDS


def is_needed(session: Session) -> bool:
    """Whether there are unfinished jobs without a courier, or one that waits for a key may now have it."""
    if _has_access(session):
        return True
    addresses = {one.server_url for one in session.snapshot.at_work()}
    # If one of their servers must not be contacted, they wait for the next press of a button.
    return bool(addresses) and not is_held(session.home.lock) and not any(map(_may_not_reach, addresses))


def _has_access(session: Session) -> bool:
    """Whether a job waits for a key that is now available, because online access was allowed meanwhile."""
    waiting = [row.current for row in session.snapshot.waiting if waits_for_key(row.current)]
    known = servers.keys(bpy.context) if waiting else {}
    return any(one.server_url in known for one in waiting)


def _may_not_reach(address: str) -> bool:
    return bool(servers.needs_network(servers.Server(server_address.host_of(address), address)))


def add() -> None:
    """Start the timer; it keeps running when another file is opened."""
    bpy.app.timers.register(tick, first_interval=FIRST_SECONDS, persistent=True)


def remove() -> None:
    """Stop the timer."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
