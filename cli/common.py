"""What several commands do: find a job, name a server and its key, read settings, wait for a job.

Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from ..client.errors import FarmhandError
from ..client.message import Message
from ..courier.process import follow as following
from ..courier.process import launcher
from ..jobs import render_settings, server_address
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import LOCAL, Request, Stage, State, Submission
from ..jobs.user_folder import UserFolder
from .output import DONE, FAILED, TROUBLE, WRONG_USE, Screen, result_of

_CODES = {State.DONE: DONE, State.FAILED: FAILED, State.CANCELED: FAILED}


class Wrong(Exception):
    """The command cannot be carried out as given."""


class NoSuchJob(Wrong):
    """No submission has this name."""


def find(place: UserFolder, wanted: str, server: str | None = None) -> Submission:
    """The submission with this ID, job ID, or the beginning of either.

    Args:
        wanted: as a person typed it.
        server: the only one to search, as a person typed it; None for all.

    Raises:
        Wrong: it matches several.
        NoSuchJob: it matches none.
    """
    with Journal(place.journal) as journal:
        every = journal.submissions()
    if server:
        every = [one for one in every if one.server_url == server_of(server)]
    found = [one for one in every if wanted and (one.id.startswith(wanted) or one.job_id.startswith(wanted))]
    exact = [one for one in found if wanted in (one.id, one.job_id)]
    if len(exact or found) > 1 and not exact:
        raise Wrong(f"“{wanted}” matches {len(found)} jobs; enter more characters.")
    if not found:
        raise NoSuchJob(f"Job “{wanted}” not found. Run `farmhand jobs` to list all jobs.")
    return (exact or found)[0]


def server_of(named: str | None) -> str:
    try:
        return server_address.base_url(named or os.environ.get("FARMHAND_SERVER", ""))
    except FarmhandError as error:
        raise Wrong(str(error)) from error


def keys_for(server_url: str) -> dict[str, str]:
    """The key from the environment, for the one server that it is meant for."""
    key = os.environ.get("FARMHAND_API_KEY", "")
    named = os.environ.get("FARMHAND_SERVER", "")
    is_meant = not named or server_address.base_url(named) == server_url
    return {server_url: key} if key and is_meant and server_url != LOCAL else {}


def overrides(settings: Sequence[str]) -> dict[str, Any]:
    """`--set sampleCount=16 --set outputSettings.colorDepth=16` as the members of a render config."""
    members: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name:
            raise Wrong(f"“{setting}” is not NAME=VALUE, as in --set sampleCount=16.")
        try:
            value = render_settings.value_of(name, text)
        except ValueError as error:
            raise Wrong(str(error)) from error
        group, _, last = name.rpartition(".")
        (members.setdefault(group, {}) if group else members)[last] = value
    return members


def follow(place: UserFolder, submission: Submission, screen: Screen) -> int:
    """Show a job until it is over or needs the user. Returns the exit code.

    Args:
        submission: in its current state.
        screen: prints it, for people or as JSON.
    """
    keys = keys_for(submission.server_url)
    launcher.ensure_courier(place, keys)
    last = shown(following.follow(place, submission.id, keys), screen) or submission
    screen.result(result_of(place, last), how_to_go_on(last))
    return code_of(last)


def code_of(last: Submission) -> int:
    """The exit code for a submission's state: one that waits for the user was blocked by a check."""
    return WRONG_USE if waits_for_user(last) else _CODES.get(last.state, TROUBLE)


def waits_for_user(one: Submission) -> bool:
    """Whether the submission waits for the user."""
    return one.state is State.WAITING and one.stage in (Stage.CONFIRM, Stage.PULL) and one.problem is None


def how_to_go_on(one: Submission) -> str:
    """The commands for a job that waits for the user, or ""."""
    if not waits_for_user(one):
        return ""
    return f"Start it: farmhand start {one.id[:8]}   Discard it: farmhand cancel {one.id[:8]}"


def shown(changes: Iterator[Submission], screen: Screen, *, is_reported: bool = False) -> Submission | None:
    """Show the changes and how it ended.

    Args:
        changes: from `follow`.
        screen: prints them, for people or as JSON.
        is_reported: a report of what the service found follows.

    Returns:
        The last one; None when there was none.
    """
    last = None
    for last in changes:
        screen.progress(last)
    screen.end_of_progress(last, is_reported=is_reported)
    return last


def ask(place: UserFolder, submission: Submission, request: Request, screen: Screen) -> Submission:
    """Submit a request to the journal, and wait until it was handled and the job has settled.

    Args:
        submission: of the job.
        request: what the user wants, such as a cancel.
        screen: prints the progress, for people or as JSON.

    Returns:
        The submission in its new state.
    """
    with Journal(place.journal) as journal:
        journal.ask(submission.id, request)
    keys = keys_for(submission.server_url)
    launcher.ensure_courier(place, keys)
    return shown(following.follow(place, submission.id, keys), screen) or submission


def words(problem: dict[str, str]) -> str:
    return Message.joined(Message.decoded(problem.get(name, "")) for name in ("what", "meaning", "advice"))
