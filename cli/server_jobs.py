"""Jobs of a server, whether submitted here or elsewhere: listed, watched and canceled by the server's own ID.

A child process asks the server, because this also runs inside Blender: standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..client.statuses import DOCUMENTED_STATUSES
from ..courier.process import ask_server
from ..jobs import server_jobs, settings
from ..jobs.journal.journal import Journal
from ..jobs.server_jobs import ServerJob
from ..jobs.user_folder import UserFolder
from .output import DONE, FAILED, Screen, nothing_done


def show(place: UserFolder, server: str, keys: Mapping[str, str], screen: Screen, *, status: str, limit: int) -> int:
    """List the server's jobs, newest first; those that are also in `farmhand jobs` are marked. Returns the exit code.

    Args:
        server: its URL.
        keys: server URL → key.
        screen: prints them, for people or as JSON.
        status: of those to list, as in the contract; "" for any.
        limit: maximum number of jobs.

    Raises:
        LocalProblem: the server cannot be asked.
    """
    told = ask_server.answer(_ask(place, server, keys, "jobs", status, "1", str(limit)))
    jobs = [server_jobs.read(one) for one in told["jobs"]][:limit]
    with Journal(place.journal) as journal:
        known = {one.job_id: one.id for one in journal.submissions() if one.server_url == server}
    lines = [{**asdict(job), "submission": known.get(job.id)} for job in jobs]
    screen.server_jobs(server, lines, max(told["total"], len(jobs)), _nothing(status))
    return DONE


def _nothing(status: str) -> str:
    if not status:
        return "The server has no jobs."
    known = "" if status in DOCUMENTED_STATUSES else f" Statuses are {', '.join(sorted(DOCUMENTED_STATUSES))}."
    return f"The server has no jobs with status “{status}”.{known}"


def cancel(place: UserFolder, server: str, keys: Mapping[str, str], screen: Screen, job_id: str) -> int:
    """Cancel a job. Returns the exit code.

    Args:
        server: its URL.
        keys: server URL → key.
        screen: prints its state, for people or as JSON.
        job_id: the service's.

    Raises:
        LocalProblem: the server cannot be reached, or refuses.
    """
    told = ask_server.answer(_ask(place, server, keys, "cancel", job_id))
    job = server_jobs.read(told["job"])
    screen.result(_result(job), f"{job.title}: {job.status}.")
    return DONE


def watch(place: UserFolder, server: str, keys: Mapping[str, str], screen: Screen, job_id: str) -> int:
    """Show a job's progress until it is over; nothing is downloaded. Returns the exit code.

    Args:
        server: its URL.
        keys: server URL → key.
        screen: prints it, for people or as JSON.
        job_id: the service's.

    Raises:
        LocalProblem: the server cannot be asked.
    """
    job = None
    with ask_server.follow(server, keys.get(server, ""), settings.read(place).ca_file, "follow", job_id) as child:
        try:
            for line in child.stdout or ():
                told = ask_server.read(line)["job"]
                job = server_jobs.read(told)
                screen.server_job(told)
        finally:
            child.kill()
    if job is None:
        ask_server.read("")  # it ended without an answer
        return FAILED
    screen.result(_result(job), f"{job.title}: {job.status}.")
    return DONE if job.status == "completed" else FAILED


def _ask(place: UserFolder, server: str, keys: Mapping[str, str], *words: str) -> ask_server.Child:
    return ask_server.ask(server, keys.get(server, ""), settings.read(place).ca_file, *words)


def _result(job: ServerJob) -> dict[str, Any]:
    """Like `output.result_of`, for a job that is not in `farmhand jobs`."""
    return {**nothing_done(), "job": job.id, "status": job.status}
