"""Before files are downloaded again: which of those on disk are still exactly as downloaded."""

from __future__ import annotations

import dataclasses

from ...client.message import msg
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import FrameRecord, FrameState, State, Submission
from ..job.control import JobControl
from .verify import is_as_recorded, is_from_elsewhere


def compare(journal: Journal, submission: Submission, control: JobControl) -> bool:
    """Mark for download the files that are not exactly as they were downloaded, and those that looked wrong.

    An image that has replaced a file since then is kept: it is neither lost nor damaged.

    Args:
        journal: gets the state of each file, all at once.
        submission: one that is over.
        control: asked before each file whether to end.

    Returns:
        False if it was interrupted; then no frame has changed.
    """
    submission = journal.save(submission.with_(state=State.ACTIVE, note="Checking the downloaded files."))
    again, count = list[FrameRecord](), 0
    times = journal.frame_times(submission.id)
    for record in journal.frames(submission.id):
        if control.should_end():
            return False
        count += 1
        is_right = record.state is FrameState.DOWNLOADED and is_as_recorded(record)
        if not is_right and not is_from_elsewhere(record, times.get(record.name, 0)):
            again.append(dataclasses.replace(record, state=FrameState.PARTIAL, reason=""))
    journal.save_frames(again)
    journal.save(submission, msg("Downloading again: {count} of {total} files.", count=len(again), total=count))
    return True
