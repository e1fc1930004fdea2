"""This computer's upload speed, measured on the newest upload in the journal that was not interrupted.

Standard library only; used by the command line and in Blender's own process.
"""

from __future__ import annotations

from .journal import Journal
from .submission import LOCAL, Stage, State, Submission

LEAST_BYTES = 4_000_000
"""A smaller upload measures round trips, not the line."""


def measured_mbit(journal: Journal) -> float:
    """Megabits per second of the newest upload that can be measured; 0.0 if none can."""
    return next((mbit for one in journal.submissions() if (mbit := _mbit(journal, one))), 0.0)


def _mbit(journal: Journal, submission: Submission) -> float:
    if submission.server_url == LOCAL or submission.package_bytes < LEAST_BYTES:
        return 0.0
    uploading = [(at, stage) for at, stage, state, _ in journal.transitions(submission.id) if state is State.ACTIVE]
    starts = [at for at, stage in uploading if stage is Stage.UPLOAD]
    ends = [at for at, stage in uploading if stage is not Stage.UPLOAD]
    # A second start means a pause or an error: then the time says nothing about the line.
    if len(starts) != 1 or not ends or ends[0] <= starts[0]:
        return 0.0
    return submission.package_bytes * 8 / 1e6 / (ends[0] - starts[0])
