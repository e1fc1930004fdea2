"""Data from the job folders of submissions, read when a submission changes, so that drawing reads no file. No bpy."""

from __future__ import annotations

from ...jobs.folder import service_report
from ...jobs.journal.submission import Stage, Submission
from ...jobs.user_folder import UserFolder
from ..request.checked_job import CheckedJob, checked_job
from . import renders
from .job_row import waits_to_start
from .renders import JobFacts

_WITH_PICTURE = (Stage.RENDER, Stage.PULL, Stage.FINISHED)


class JobFolders:
    """facts: of every submission that was read, by ID."""

    def __init__(self, home: UserFolder) -> None:
        self._home = home
        self.facts: dict[str, JobFacts] = {}
        self._checked: dict[str, CheckedJob] = {}
        self._previews: dict[str, str] = {}

    def take(self, one: Submission, before: Submission | None) -> None:
        """Read what may have changed with a submission. before: the submission at the last call."""
        if before is None or before.frames_total != one.frames_total:
            job = renders.read_job(self._home, one.id)
            self.facts[one.id] = JobFacts.of_job(job) if job else JobFacts()
        self._checked.pop(one.id, None)
        self._previews.pop(one.id, None)
        folder = self._home.job(one.id)
        if waits_to_start(one) and (job := renders.read_job(self._home, one.id)):
            self._checked[one.id] = checked_job(job, service_report.read(folder))
        elif one.stage in _WITH_PICTURE and not one.latest_frame and (name := service_report.read(folder).preview):
            self._previews[one.id] = str(folder / name)

    def drop(self, submission_id: str) -> None:
        """Forget a submission."""
        for kept in (self.facts, self._checked, self._previews):
            kept.pop(submission_id, None)

    def checked(self, one: Submission) -> CheckedJob | None:
        """What is shown for a job that waits to be started."""
        return self._checked.get(one.id)

    def preview(self, one: Submission) -> str:
        """Path of the service's picture until a frame is downloaded, or ""."""
        return self._previews.get(one.id, "")
