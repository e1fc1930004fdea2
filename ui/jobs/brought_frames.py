# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames each submission brought, read whole once and then only what is new. Knows no bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import IN_PLACE, FrameRecord, FrameState, Submission

OVERLAP_SECONDS = 2.0
"""Another process may write a little later than the time stamp says."""


@dataclass(slots=True)
class _Brought:
    """What was read of one submission. looks_wrong: by frame number; newest: Unix time of the newest record."""

    read_for: Submission
    looks_wrong: dict[int, bool] = field(default_factory=dict)
    newest: float = 0.0

    def add(self, record: FrameRecord) -> bool:
        """Says whether all have to be read again: a frame is better or gone, and other files of it count."""
        self.newest = max(self.newest, record.updated)
        if record.frame is None:
            return False
        if record.state not in IN_PLACE:
            return record.frame in self.looks_wrong
        was_wrong = self.looks_wrong.get(record.frame, False)
        is_wrong = record.state is FrameState.SUSPECT
        self.looks_wrong[record.frame] = was_wrong or is_wrong
        return was_wrong and not is_wrong


class BroughtFrames:
    """The frames of submissions, by submission."""

    def __init__(self) -> None:
        self._brought: dict[str, _Brought] = {}

    def looks_wrong(self, journal: Journal, one: Submission, now: float) -> Mapping[int, bool]:
        """The numbers of all frames that are here, each with whether it looks wrong.

        A frame with several files looks wrong when one of them does. now: Unix seconds. Raises FarmhandError.
        """
        brought = self._brought.get(one.id)
        if brought is not None and brought.read_for == one:
            return brought.looks_wrong
        if brought is not None:
            since = min(brought.newest, now) - OVERLAP_SECONDS
            if not any(brought.add(record) for record in journal.frames(one.id, since=since)):
                brought.read_for = one
                return brought.looks_wrong
        brought = self._brought[one.id] = _Brought(one)
        for record in journal.frames(one.id):
            brought.add(record)
        return brought.looks_wrong

    def drop(self, submission_id: str) -> None:
        """The submission is gone."""
        self._brought.pop(submission_id, None)
