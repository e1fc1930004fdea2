"""Which frames each submission downloaded, read completely once and then incrementally. Does not use bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import IN_PLACE, FrameState, Submission

OVERLAP_SECONDS = 2.0
"""Another process may write a little later than the time stamp says."""


@dataclass(slots=True)
class _Brought:
    """What was read about one submission. looks_wrong: by frame number; newest: Unix time of the newest file."""

    read_for: Submission
    looks_wrong: dict[int, bool] = field(default_factory=dict)
    newest: float = 0.0

    def add(self, frame: int | None, state: FrameState, updated: float) -> bool:
        """Add a file. Returns whether all must be reread: a frame improved or is gone, and its other files count."""
        self.newest = max(self.newest, updated)
        if frame is None:
            return False
        if state not in IN_PLACE:
            return frame in self.looks_wrong
        was_wrong = self.looks_wrong.get(frame, False)
        is_wrong = state is FrameState.SUSPECT
        self.looks_wrong[frame] = was_wrong or is_wrong
        return was_wrong and not is_wrong


class BroughtFrames:
    """The frames of submissions, by submission."""

    def __init__(self) -> None:
        self._brought: dict[str, _Brought] = {}

    def looks_wrong(self, journal: Journal, one: Submission, now: float) -> Mapping[int, bool]:
        """The numbers of all downloaded frames, each with whether it looks wrong.

        A frame with several files looks wrong when one of them does.

        Args:
            journal: gives the changes since the last call.
            one: the frames' submission.
            now: Unix seconds.

        Raises:
            FarmhandError: the journal cannot be read.
        """
        brought = self._brought.get(one.id)
        if brought is not None and brought.read_for == one:
            return brought.looks_wrong
        if brought is not None:
            since = min(brought.newest, now) - OVERLAP_SECONDS
            if not any(brought.add(*each) for each in journal.frame_states(one.id, since=since)):
                brought.read_for = one
                return brought.looks_wrong
        brought = self._brought[one.id] = _Brought(one)
        for each in journal.frame_states(one.id):
            brought.add(*each)
        return brought.looks_wrong

    def drop(self, submission_id: str) -> None:
        """Forget a submission."""
        self._brought.pop(submission_id, None)
