"""The last step of the pipeline: poll the job and download its files while it renders, until both are done."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from ...client import frame_ranges
from ...client.errors import STALE_LINK, FarmhandError, LocalProblem, Malformed, NotAllowedNow, NotFound, Refused
from ...client.message import Message, msg
from ...client.models import FrameOutput, Job
from ...client.plain_text import tidy
from ...client.server_jobs import described
from ...client.statuses import is_on_hold
from ...jobs.folder import job_folder
from ...jobs.folder.frame_names import free_pattern
from ...jobs.journal.submission import Stage, State, Submission
from ..frames.downloader import Downloader, ExistingFiles
from ..job.context import JobContext
from ..servers.servers import JobStatus
from . import on_hold, reporting, started_elsewhere
from .job_status import seconds_of
from .on_hold import STATUS_LENGTH
from .steps import failed
from .video import VideoFetch

LIST_SECONDS = 30.0
"""How often the files are listed even if the counters do not change."""
PREVIEW_TRIES = 2
_LOAD = 10.0
"""A list of links that took a second to get is not asked for again for this many seconds."""


def monitor(context: JobContext, submission: Submission) -> Submission:
    """Follow the job to its end and download all its files. Safe to repeat: what is here is not fetched again."""
    context = _with_free_names(context, submission)
    context.server.watch(submission.job_id)
    try:
        return JobMonitor(context, submission).run(submission)
    finally:
        context.server.unwatch(submission.job_id)


def _with_free_names(context: JobContext, submission: Submission) -> JobContext:
    """To keep existing frames, all new ones get one other name; it is saved, so that a later run uses it too."""
    output = context.job.output
    if output.existing != "keep" or context.journal.frames(submission.id):
        return context
    renamed = output.renamed(free_pattern, context.job.frames)
    if renamed == output:
        return context
    job = replace(context.job, output=renamed)
    job_folder.write(context.folder, job)
    changed = sorted(set(renamed.patterns) - set(output.patterns))
    names = ", ".join(Path(pattern).name for pattern in changed)
    context.save(submission, msg("Frames already exist; the new ones are named {name}.", name=names))
    return replace(context, job=job)


class JobMonitor:
    """One run of polling and downloading."""

    def __init__(self, context: JobContext, submission: Submission) -> None:
        self._context = context
        self._downloader = Downloader(context, submission)
        self._pace = context.pace()
        self._hold_pace = context.hold_pace()
        self._replay = _said_of_replay(context, submission)
        self._last: tuple[object, ...] = ()
        self._pause: Message | str = ""
        self._has_all = False
        self._listed_at = float("-inf")
        self._list_again_at = 0.0
        self._ended_at: float | None = None
        self._preview_tries = PREVIEW_TRIES
        self._video = VideoFetch(context)

    def run(self, submission: Submission) -> Submission:
        interval, may_wait = 0.0, False
        while True:
            self._context.control.check()
            began = time.monotonic()
            status = self._context.server.look(submission.job_id, interval, may_wait=may_wait)
            changed = self._has_changed(status)
            told = status.job is not None and reporting.record(self._context, status.job)
            submission = self._note(submission, status, changed or told)
            is_over = status.job is not None and status.job.is_over
            before = _arrived(submission)
            if is_over or self._should_list(status, changed):
                submission = self._pull(submission, status.job if is_over else None)
                if submission.state is State.WAITING:
                    return submission
            submission = self._show_preview(submission, status)
            if is_over and status.job is not None and (ended := self._end(submission, status.job)):
                return ended
            if changed:
                self._pace.reset()
                self._hold_pace.reset()
            interval = (self._hold_pace if is_on_hold(status.status) else self._pace).next()
            has_more = not self._has_all and _arrived(submission) != before
            may_wait = self._has_all and not is_over
            if may_wait and self._context.server.can_wait(submission.job_id):
                interval = max(0.0, self._context.server.pace.first - (time.monotonic() - began))
            self._context.control.wait(0.0 if has_more else interval)

    def _has_changed(self, status: JobStatus) -> bool:
        done = status.progress.frames_completed if status.progress else None
        if status.job is not None:
            self._pause = on_hold.reason(status.job)
        news = (status.status, done, self._pause)
        changed, self._last = news != self._last, news
        return changed

    def _note(self, submission: Submission, status: JobStatus, changed: bool) -> Submission:
        if not changed:
            return submission
        progress, job = status.progress, status.job
        rendered = progress.frames_completed if progress else None
        return self._context.save(
            submission.with_(
                job_status=tidy(status.status, STATUS_LENGTH),
                frames_rendered=submission.frames_rendered if rendered is None else _count(rendered),
                normalized_seconds=seconds_of(job, submission) if job else submission.normalized_seconds,
                note=on_hold.advice(status.status) or self._pause or self._replay,
            )
        )

    def _show_preview(self, submission: Submission, status: JobStatus) -> Submission:
        """Fetch the service's own image of the job, as long as no frame is here."""
        job = status.job
        if job is None or job.is_over or not job.preview_url or submission.frames_done or not self._preview_tries:
            return submission
        self._preview_tries -= 1
        return self._context.save(submission) if reporting.record_preview(self._context, job) else submission

    def _should_list(self, status: JobStatus, changed: bool) -> bool:
        """Whether there may be files that we have not seen."""
        now = time.monotonic()
        if now < self._list_again_at:
            self._has_all = True
            return False
        counted = status.progress is not None and status.progress.frames_completed is not None
        return changed or not counted or not self._has_all or now - self._listed_at > LIST_SECONDS

    def _pull(self, submission: Submission, ended: Job | None) -> Submission:
        """Download what is ready. ended: the job, once it is over."""
        is_over = ended is not None
        started = time.monotonic()
        outputs: tuple[FrameOutput, ...] = ()
        try:
            outputs = self._context.downloads(submission).all_outputs(is_final=is_over)
        except (NotAllowedNow, NotFound):
            if is_over and not self._is_still_early():
                raise  # before that, some services answer so if nothing is ready
        self._listed_at = time.monotonic()
        self._list_again_at = self._listed_at + _LOAD * (self._listed_at - started)
        try:
            submission, self._has_all = self._downloader.pull(outputs, submission)
        except ExistingFiles as conflicts:
            example = conflicts.paths[0].name
            note = msg(
                "Existing files: {count}, such as {example}. Confirm to overwrite them.",
                count=len(conflicts.paths),
                example=example,
            )
            return submission.with_(state=State.WAITING, note=note)
        except STALE_LINK as dead:
            if ended is not None and ended.status == "completed":
                raise
            return self._without(dead, submission, is_over=is_over)
        return submission

    def _without(self, dead: FarmhandError, submission: Submission, *, is_over: bool) -> Submission:
        """While the job renders, dead links do not keep other frames from arriving. A job that failed or was canceled
        ends without them: its files may have been deleted with it."""
        self._has_all = is_over
        latest = self._context.journal.submission(submission.id) or submission
        return latest if is_over or latest.note == dead.what else self._context.save(latest.with_(note=dead.what))

    def _end(self, submission: Submission, job: Job) -> Submission | None:
        """The final state, once all files of the job are here; None while some are still missing."""
        if not self._has_all:
            return None
        if job.status == "failed":
            return failed(submission, job)
        if job.status == "canceled":
            return submission.with_(
                state=State.CANCELED, stage=Stage.FINISHED, note="The job was canceled on the server."
            )
        if missing_frames := self._missing_frames(submission):
            if job.is_deleted:
                raise Refused(
                    msg(
                        "The server no longer has this job's files: {missing} cannot be downloaded again.",
                        missing=missing_frames,
                    ),
                    "Downloaded files are kept.",
                    "Use Render All Frames Again to create new ones.",
                )
            if self._is_still_early():
                return None
            kind = Refused if self._replay else Malformed  # frames that were not requested never come
            raise kind(
                msg("The job is finished, but {missing} could not be downloaded.", missing=missing_frames),
                self._replay or msg("Everything else was downloaded."),
                msg("Retry to check again. If they are still missing, contact the service or render them again."),
            )
        if self._is_listed_in_part(submission, job) and self._is_still_early():
            return None
        refused = self._downloader.refused()
        if refused and not submission.frames_done:
            raise LocalProblem(
                msg("None of the job's files can be saved: {reason}", reason=refused[0].reason),
                "All frames are on the server; nothing is lost.",
                "Submit again with a different output folder, or download them to another folder with `farmhand "
                "download`.",
            )
        if not self._video.is_settled(submission, job):
            return None
        submission = submission.with_(frames_rendered=max(submission.frames_rendered, submission.frames_done))
        unsaved = msg("Files that could not be saved: {count}. See Details.", count=len(refused)) if refused else ""
        note = Message.joined((self._replay, unsaved))
        return submission.with_(state=State.DONE, stage=Stage.FINISHED, problem=None, note=note)

    def _is_listed_in_part(self, submission: Submission, job: Job) -> bool:
        """Whether a job whose frames are not known here, since another computer submitted it, has fewer frames here
        than its settings name."""
        return not self._context.job.frames and submission.frames_done < described(job)["frame_count"]

    def _is_still_early(self) -> bool:
        """Whether files may still be listed: a job can be completed a while before they are."""
        now = time.monotonic()
        self._ended_at = now if self._ended_at is None else self._ended_at
        return now - self._ended_at < self._context.retry.late

    def _missing_frames(self, submission: Submission) -> str:
        if not self._downloader.has_frames and self._is_still_early():
            return msg("its files")  # later it may turn out that only compositor nodes write files
        here = self._downloader.frames_here()
        if not here:
            return msg("its files") if not submission.frames_done else ""
        missing = set(self._context.job.frames) - here
        if not missing or not here & set(self._context.job.frames):
            return ""  # names without numbers: a movie, or names of the service's own
        frames = ", ".join(frame_ranges.ranges(missing))
        return msg("frames {frames}", frames=frames) if len(missing) > 1 else msg("frame {frame}", frame=frames)


def _said_of_replay(context: JobContext, submission: Submission) -> str:
    """The journal's report on a render that was started elsewhere, from this or an earlier run."""
    texts = [text for *_, text in context.journal.transitions(submission.id) if started_elsewhere.is_report(text)]
    return texts[-1] if texts else ""


def _count(number: int) -> int:
    """A counter of the service, limited to what any job can have."""
    return max(0, min(number, frame_ranges.MAX_FRAMES))


def _arrived(submission: Submission) -> tuple[int, int]:
    return submission.frames_done, submission.bytes_pulled
