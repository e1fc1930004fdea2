"""`farmhand download --video`: the movie that the server has made of a job, saved next to its frames."""

from __future__ import annotations

from ..client.message import Message
from ..courier.process import follow as following
from ..courier.process import launcher
from ..jobs.folder import job_video
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import Request, State, Submission
from ..jobs.user_folder import UserFolder
from .common import Wrong, code_of, keys_for, shown
from .output import DONE, TROUBLE, Screen, result_of


def download(place: UserFolder, submission: Submission, screen: Screen) -> int:
    """Download a job's video through the courier and print its path. Returns the exit code.

    Args:
        submission: of a render that is completed or running.
        screen: prints it, for people or as JSON.

    Raises:
        Wrong: the job ended without being completed.
    """
    if submission.is_over and submission.state is not State.DONE:
        raise Wrong(f"{submission.name} was not completed, so the server has no video of it.")
    folder = place.job(submission.id)
    job_video.ask_for(folder)
    request = Request.RETRY if submission.state is State.STOPPED else Request.PULL_VIDEO
    with Journal(place.journal) as journal:
        journal.ask(submission.id, request)
    keys = keys_for(submission.server_url)
    launcher.ensure_courier(place, keys)
    last = shown(following.follow(place, submission.id, keys), screen) or submission
    video = job_video.read(folder)
    problem = str(Message.joined((video.problem,))) if video.problem else ""
    values = result_of(place, last)
    values = {**values, "frames": list[str](), "video": video.path or None, "error": problem or values["error"]}
    if problem:
        screen.note(problem)
    screen.result(values, video.path)
    if code_of(last) != DONE:
        return code_of(last)
    return DONE if video.is_here and not problem else TROUBLE
