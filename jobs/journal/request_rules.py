"""What a request does to a submission that no thread is carrying.

Uses only the journal and the job folder.
"""

from __future__ import annotations

import dataclasses

from ...client import files
from ...client.message import msg
from ..folder import job_folder
from ..user_folder import UserFolder
from .journal import Journal
from .submission import Problem, Request, Stage, State, Submission

KEY_NEEDED = "key_needed"
_GOES_ON = {
    Request.RETRY: (State.STOPPED, State.WAITING),
    Request.RESUME: (State.PAUSED,),
}


def needs_service(submission: Submission, request: Request) -> bool:
    """Whether a request can only be fulfilled by talking to the service."""
    return request is Request.CANCEL and not submission.is_over and bool(submission.job_id)


def stays(submission: Submission, request: Request) -> bool:
    """Whether a request stays open until the submission is carried."""
    if request is Request.PULL_AGAIN:
        will_pull = submission.state in (State.QUEUED, State.ACTIVE, State.PAUSED) or waits_for_key(submission)
        return submission.stage is Stage.PULL and will_pull
    return needs_service(submission, request)


def is_idle(submission: Submission, request: Request) -> bool:
    """Whether a request stays open, and nothing happens until a key arrives or the user resumes the submission."""
    is_paused = submission.state is State.PAUSED and request is Request.PULL_AGAIN
    return stays(submission, request) and (waits_for_key(submission) or is_paused)


def answer(home: UserFolder, journal: Journal, submission: Submission, request: Request) -> Submission:
    """Carry out a request by changing the journal.

    Args:
        home: where the job folder is.
        journal: is changed.
        submission: as it is now; no thread carries it.
        request: what the user asked for.

    Returns:
        The submission as it is afterwards; unchanged if the request does not apply to it.

    Raises:
        LocalProblem: the job folder or the journal could not be used.
    """
    if request is Request.CANCEL and not submission.is_over:
        return journal.save(submission.with_(state=State.CANCELED, note="", problem=None))
    if submission.state in _GOES_ON.get(request, ()) and not _asks_for_confirmation(submission):
        return journal.save(submission.with_(state=State.QUEUED, note="", problem=None))
    if request is Request.PAUSE and submission.state is State.QUEUED:
        return journal.save(submission.with_(state=State.PAUSED, note=""))
    if request is Request.CONFIRM and _asks_for_confirmation(submission):
        return _confirmed(home, journal, submission)
    if request is Request.PULL_AGAIN and _may_have_frames(submission):
        return journal.save(
            submission.with_(stage=Stage.PULL, state=State.QUEUED, problem=None, note=""), "Downloading again."
        )
    if request is Request.PULL_VIDEO and submission.state is State.DONE:
        return journal.save(
            submission.with_(stage=Stage.PULL, state=State.QUEUED, problem=None, note=""), "Downloading the video."
        )
    return submission


def forget(home: UserFolder, journal: Journal, submission: Submission) -> None:
    """Delete a submission and its job folder; its frames stay where they are.

    Args:
        home: where the job folder is.
        journal: is changed.
        submission: the one to delete.

    Raises:
        LocalProblem: the journal could not be written.
    """
    journal.forget(submission.id)
    files.remove_tree(home.job(submission.id))


def key_needed(submission: Submission) -> Submission:
    """The submission, waiting until its server's key arrives."""
    problem = Problem(
        KEY_NEEDED,
        msg("No API key is available for {server}.", server=submission.server_url),
        "The job waits, and a running render continues on the server.",
        "Open Blender, or run the command with FARMHAND_API_KEY set.",
    )
    return submission.with_(state=State.WAITING, problem=problem, note="")


def on_other_computer(submission: Submission, name: str) -> Submission:
    """The submission, stopped here because another computer uploads it; *Retry* takes it over."""
    problem = Problem(
        "other_computer",
        msg("This job was submitted on the computer {name}, which uploads it.", name=name),
        "To avoid rendering and paying twice, it is not uploaded from here.",
        msg("If Farmhand no longer runs on {name}, use Retry to continue here.", name=name),
    )
    return submission.with_(state=State.STOPPED, problem=problem, note="")


def waits_for_key(submission: Submission) -> bool:
    return (
        submission.state is State.WAITING and submission.problem is not None and submission.problem.code == KEY_NEEDED
    )


def needs_other_key(submission: Submission) -> bool:
    """Whether it stopped because its key was rejected."""
    problem = submission.problem
    return submission.state is State.STOPPED and problem is not None and problem.code == "unauthorized"


def _asks_for_confirmation(submission: Submission) -> bool:
    return (
        submission.state is State.WAITING and submission.stage in (Stage.CONFIRM, Stage.PULL) and not submission.problem
    )


def _may_have_frames(submission: Submission) -> bool:
    """Whether frames may come; a submission that stopped before its render was started would wait for them forever."""
    has_stopped_while_pulling = submission.state is State.STOPPED and submission.stage is Stage.PULL
    return bool(submission.job_id) and (submission.is_over or has_stopped_while_pulling)


def _confirmed(home: UserFolder, journal: Journal, submission: Submission) -> Submission:
    folder = home.job(submission.id)
    job = job_folder.read(folder)
    if submission.stage is Stage.CONFIRM:
        frames = len(job.frames)  # they may have been changed meanwhile
        return journal.save(
            submission.with_(stage=Stage.RENDER, state=State.QUEUED, needs_confirm=False, frames_total=frames, note=""),
            "Confirmed.",
        )
    job_folder.write(folder, dataclasses.replace(job, output=dataclasses.replace(job.output, existing="replace")))
    return journal.save(submission.with_(state=State.QUEUED, note=""), "Confirmed; existing files will be overwritten.")
