"""The last step of the pipeline: watch the job and pull its files while it renders, until both are over."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from ...client import frame_ranges
from ...client.errors import LocalProblem, Malformed, Refused
from ...client.models import Job
from ...jobs import job_folder
from ...jobs.frame_names import free_pattern
from ...jobs.submission import Stage, State, Submission
from ..frames.downloader import Conflicts, Puller
from ..job.context import Trip
from ..servers.servers import Sighting
from .steps import failed

LOOKS_AFTER_THE_END = 8
"""How often we look for files that a finished job still owes, before we stop and say which."""
_LOAD = 10.0
"""A list of links that took a second to get is not asked for again for this many seconds."""


def pull(trip: Trip, submission: Submission) -> Submission:
    """Follow the job to its end with every file that it has.  Safe to repeat: what is here is not fetched again."""
    trip = _with_free_names(trip, submission)
    trip.server.watch(submission.job_id)
    try:
        return _Watching(trip, submission).run(submission)
    finally:
        trip.server.unwatch(submission.job_id)


def _with_free_names(trip: Trip, submission: Submission) -> Trip:
    """Who keeps both gets all new frames under one other name; it is written down, so that a later run uses it too."""
    output = trip.job.output
    if output.existing != "keep" or trip.journal.frames(submission.id):
        return trip
    pattern = free_pattern(output.pattern, trip.job.frames)
    if pattern == output.pattern:
        return trip
    job = replace(trip.job, output=replace(output, pattern=pattern))
    job_folder.write(trip.folder, job)
    trip.save(submission, f"Frames are there already: the new ones are named {Path(pattern).name}.")
    return replace(trip, job=job)


class _Watching:
    """One run of looking and pulling."""

    def __init__(self, trip: Trip, submission: Submission) -> None:
        self._trip = trip
        self._puller = Puller(trip, submission)
        self._pace = trip.pace()
        self._last: tuple[str, int | None] = ("", None)
        self._has_all = False
        self._list_again_at = 0.0
        self._looks_after_end = 0

    def run(self, submission: Submission) -> Submission:
        interval = 0.0
        while True:
            self._trip.control.check()
            sighting = self._trip.server.look(submission.job_id, interval)
            changed = self._is_news(sighting)
            submission = self._note(submission, sighting, changed)
            is_over = sighting.job is not None and sighting.job.is_over
            before = _arrived(submission)
            if is_over or self._should_list(sighting, changed):
                submission = self._pull(submission)
                if submission.state is State.WAITING:
                    return submission
            if is_over and sighting.job is not None and (ended := self._end(submission, sighting.job)):
                return ended
            if changed:
                self._pace.reset()
            interval = self._pace.next()
            has_more = not self._has_all and _arrived(submission) != before
            self._trip.control.wait(0.0 if has_more else interval)

    def _is_news(self, sighting: Sighting) -> bool:
        done = sighting.progress.frames_completed if sighting.progress else None
        news = (sighting.status, done)
        changed, self._last = news != self._last, news
        return changed

    def _note(self, submission: Submission, sighting: Sighting, changed: bool) -> Submission:
        if not changed:
            return submission
        progress, job = sighting.progress, sighting.job
        rendered = progress.frames_completed if progress and progress.frames_completed is not None else None
        seconds = job.normalized_seconds if job else None
        return self._trip.save(
            submission.with_(
                job_status=sighting.status,
                frames_rendered=submission.frames_rendered if rendered is None else rendered,
                normalized_seconds=submission.normalized_seconds if seconds is None else seconds,
                note="",
            )
        )

    def _should_list(self, sighting: Sighting, changed: bool) -> bool:
        """Whether there may be files that we have not seen."""
        if time.monotonic() < self._list_again_at:
            self._has_all = True
            return False
        counted = sighting.progress is not None and sighting.progress.frames_completed is not None
        return changed or not counted or not self._has_all

    def _pull(self, submission: Submission) -> Submission:
        started = time.monotonic()
        downloads = self._trip.service.downloads(submission.job_id)
        self._list_again_at = time.monotonic() + _LOAD * (time.monotonic() - started)
        try:
            submission, self._has_all = self._puller.pull(downloads.all_outputs(), submission)
        except Conflicts as conflicts:
            example = conflicts.paths[0].name
            note = f"{len(conflicts.paths)} files are there already, such as {example}. Confirm to replace them."
            return submission.with_(state=State.WAITING, note=note)
        return submission

    def _end(self, submission: Submission, job: Job) -> Submission | None:
        """The final state, once every file is here that the job has; None while some are still owed."""
        if not self._has_all:
            return None
        if job.status == "failed":
            return failed(submission, job)
        if job.status == "canceled":
            return submission.with_(
                state=State.CANCELED, stage=Stage.FINISHED, note="The job was canceled at the service."
            )
        if owed := self._owed(submission):
            if job.is_deleted:
                raise Refused(
                    f"The service no longer keeps the files of this job: {owed} cannot be fetched again.",
                    "What is here stays.",
                    "Render Again makes new ones.",
                )
            self._looks_after_end += 1
            if self._looks_after_end < LOOKS_AFTER_THE_END:
                return None
            raise Malformed(
                f"The job is completed, but {owed} did not come back.",
                "Everything else is here.",
                "Retry looks again; if they stay away, ask the service or render them again.",
            )
        refused = self._puller.refused()
        if refused and not submission.frames_done:
            raise LocalProblem(
                f"No file of the job can be written here: {refused[0].reason}",
                "All frames are at the service; nothing is lost.",
                "Submit again with another output folder, or fetch them with `farmhand download` into one.",
            )
        submission = submission.with_(frames_rendered=max(submission.frames_rendered, submission.frames_done))
        note = _farewell(submission, len(refused))
        return submission.with_(state=State.DONE, stage=Stage.FINISHED, problem=None, note=note)

    def _owed(self, submission: Submission) -> str:
        here = self._puller.frames_here()
        if not submission.frames_done and not here:
            return "any file"
        missing = set(self._trip.job.frames) - here
        if not here or not missing or not here & set(self._trip.job.frames):
            return ""  # names without numbers: a movie, or names of the service's own
        return f"frame {', '.join(frame_ranges.ranges(missing))}"


def _arrived(submission: Submission) -> tuple[int, int]:
    return submission.frames_done, submission.bytes_pulled


def _farewell(submission: Submission, refused: int) -> str:
    if refused:
        return f"Files that could not be written here: {refused}. Details names them."
    count = submission.frames_suspect
    if not count:
        return ""
    return f"{count} of the frames {'looks' if count == 1 else 'look'} wrong: see the list."
