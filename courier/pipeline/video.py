"""Fetches the movie of a job if it was asked for. A job is done without one, and a movie never stops it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from ...client import files, video
from ...client.errors import FarmhandError, LocalProblem, Stopped, Unreachable
from ...client.message import Message, msg
from ...client.models import FrameOutput, Job
from ...client.transfer.download import fetch
from ...jobs.folder import job_video
from ...jobs.folder.frame_names import claimed_path
from ...jobs.folder.job_video import JobVideo
from ...jobs.journal.submission import Submission
from ..frames import output_drive, safe_paths
from ..frames.verify import sha256_of
from ..job.context import JobContext

PATIENCE_SECONDS = 300.0
"""How long a service may take to make the movie of a completed job."""
_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi"})
_NONE = msg("The server has no video of this job. Import the frames instead.")


class VideoFetch:
    """Fetches the movie in one run; remembers when it began to wait."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._waits_since: float | None = None
        self._has_moved = False

    def is_settled(self, submission: Submission, job: Job) -> bool:
        """Fetch the movie if it is wanted. Returns whether nothing is left to do. Raises Interrupted or Stopped."""
        before = job_video.read(self._context.folder)
        if not before.is_wanted:
            return True
        output_drive.check(self._context.folder, self._context.job.output)
        try:
            listed = self._context.downloads(submission).transforms
            told = listed.video if listed else None
            found = video.file_of(told)
            if found is None and told is None and job.status == "completed" and self._may_still_come(job):
                return False
            self._keep(before, self._brought(found, before) if found else JobVideo(problem=_none(told)))
        except FarmhandError as error:
            if isinstance(error, Stopped):
                raise
            if error.is_transient and self._may_be_had_later(error):
                return False
            self._keep(before, JobVideo(problem=self._reason(submission) or error.message))
        except OSError as error:
            self._keep(before, JobVideo(problem=msg("Could not save the video ({reason}).", reason=error.strerror)))
        return True

    def _reason(self, submission: Submission) -> Message | None:
        """Why a new link failed, if the service says so now: it may just have found that it can make no movie."""
        with suppress(FarmhandError):
            listed = self._context.downloads(submission).transforms
            told = listed.video if listed else None
            if told is not None and video.file_of(told) is None:
                return _none(told)
        return None

    def _may_still_come(self, job: Job) -> bool:
        return self._has_patience() and not job.is_deleted

    def _may_be_had_later(self, error: FarmhandError) -> bool:
        """Whether to try again: as long as pieces of it arrive, else for the time that making it may take."""
        if self._has_moved and isinstance(error, Unreachable):
            self._waits_since = None
        self._has_moved = False
        return self._has_patience()

    def _has_patience(self) -> bool:
        now = time.monotonic()
        self._waits_since = now if self._waits_since is None else self._waits_since
        return now - self._waits_since < PATIENCE_SECONDS

    def _note_piece(self, _: int) -> None:
        self._has_moved = True

    def _keep(self, before: JobVideo, after: JobVideo) -> None:
        """Record the result; an existing movie is kept if another try failed."""
        kept = JobVideo(False, before.path, before.sha256, after.problem) if after.problem and before.is_here else after
        with suppress(OSError):  # the next run asks again
            job_video.write(self._context.folder, kept)

    def _brought(self, found: FrameOutput, before: JobVideo) -> JobVideo:
        if before.is_here and found.sha256 and found.sha256 == before.sha256:
            return JobVideo(path=before.path, sha256=before.sha256)
        path = _place(found, Path(self._context.job.output.folder), self._context.job.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = safe_paths.partial(path, self._context.folder.name)
        fetch(
            found.url,
            partial,
            expected_bytes=found.bytes,
            on_progress=self._note_piece,
            cancel=self._context.control.token,
            pool=self._context.pool,
            given_by=self._context.links_come_from,
            limit=self._context.limit,
        )
        digest = sha256_of(partial)
        if found.sha256 and found.sha256.lower() != digest:
            files.remove(partial)
            return JobVideo(problem=msg("The video was damaged in transfer. Try again."))
        path = claimed_path(path)
        files.replace(partial, path)
        return JobVideo(path=str(path), sha256=digest)


def _none(told: Mapping[str, Any] | None) -> Message:
    """The message that there is no movie, with the service's reason."""
    notice = video.notice_of(told)
    if not notice:
        return _NONE
    return msg("The server has no video of this job ({reason}). Import the frames instead.", reason=notice.rstrip("."))


def _place(found: FrameOutput, folder: Path, job_name: str) -> Path:
    """Beside the frames, under the server's name if that is a valid name here."""
    name = PurePosixPath((found.file_name or job_name).replace("\\", "/")).name
    name = name if PurePosixPath(name).suffix.lower() in _SUFFIXES else f"{name}.mp4"
    try:
        path = safe_paths.inside(folder, name)
        safe_paths.check_length(name, path)
    except (LocalProblem, ValueError):
        path = folder / "video.mp4"
    return path
