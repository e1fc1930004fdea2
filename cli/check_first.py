"""`farmhand submit --check-only` and `farmhand start`: what the service found in the file, then the render.

Standard library only.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from ..client import frame_ranges
from ..courier.process import follow as following
from ..courier.process import launcher
from ..jobs import user_folder
from ..jobs.folder import job_folder, service_report
from ..jobs.folder.job_folder import ALWAYS, IF_WRONG, NEVER, JobFile
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import Request, Stage, State, Submission
from ..jobs.user_folder import UserFolder
from .common import Wrong, ask, code_of, find, how_to_go_on, keys_for, overrides, shown, waits_for_user
from .output import DONE, Screen, result_of

_MODES = {"if-wrong": IF_WRONG, "always": ALWAYS, "never": NEVER}


def add_submit_arguments(command: argparse.ArgumentParser) -> None:
    """The options of `submit` for the check on the service."""
    command.add_argument(
        "--ask",
        choices=tuple(_MODES),
        default="if-wrong",
        help="when to wait for `farmhand start` after the server has checked the file (default: if-wrong)",
    )
    command.add_argument(
        "--check-only",
        action="store_true",
        help="have the server check the file and show its report, without rendering",
    )


def add_start_arguments(command: argparse.ArgumentParser) -> None:
    """The options of `start`."""
    command.add_argument(
        "--frames", default="", metavar="RANGES", help="frames to render, as in 1-10,20 (default: those of the job)"
    )
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a render setting, as in sampleCount=16"
    )
    command.add_argument("--wait", action="store_true", help="wait until all frames are downloaded")


def ask_mode(arguments: argparse.Namespace) -> str:
    """When the submission waits."""
    return ALWAYS if arguments.check_only else _MODES[arguments.ask]


def wait_for_check(place: UserFolder, submission: Submission, screen: Screen) -> int:
    """Wait until the service has checked the file, and show what it found.

    Args:
        submission: one that waits for the user after the check.
        screen: prints it, for people or as JSON.

    Returns:
        The exit code: 0 if the job only waits to be started.
    """
    keys = keys_for(submission.server_url)
    launcher.ensure_courier(place, keys)
    last = shown(following.follow(place, submission.id, keys), screen, is_reported=True) or submission
    report = service_report.read(place.job(last.id))
    screen.report(report, _will_render(job_folder.read(place.job(last.id))))
    is_checked = waits_for_user(last) and last.stage is Stage.CONFIRM
    screen.result({**result_of(place, last), "report": service_report.as_json(report)}, how_to_go_on(last))
    return DONE if is_checked else code_of(last)


def start(arguments: argparse.Namespace, screen: Screen) -> int:
    """Render a job that waits for its user, with new settings if any are given."""
    place = user_folder.find()
    submission = find(place, arguments.id, arguments.server)
    is_unstarted = submission.stage is Stage.CONFIRM and submission.state is State.WAITING
    was_refused = submission.stage is Stage.RENDER and submission.state is State.STOPPED
    if not waits_for_user(submission) and not was_refused:
        raise Wrong(f"{submission.name} is not waiting to be started. See `farmhand jobs`.")
    if arguments.set or arguments.frames:
        if not (is_unstarted or was_refused):
            raise Wrong(f"{submission.name} has already started; its settings can no longer be changed.")
        _change(place, submission, arguments)
    request = Request.RETRY if was_refused else Request.CONFIRM
    if arguments.wait:
        last = ask(place, submission, request, screen)
        screen.result(result_of(place, last), how_to_go_on(last))
        return code_of(last)
    with Journal(place.journal) as journal:
        journal.ask(submission.id, request)
    launcher.ensure_courier(place, keys_for(submission.server_url))
    screen.result(
        result_of(place, submission), f"Starting {submission.name}. Watch it: farmhand watch {submission.id[:8]}"
    )
    return DONE


def _will_render(job: JobFile) -> dict[str, str]:
    """The frames and settings that will be requested from the service."""
    config = {name: value for name, value in job.render_config.items() if name != "frameRanges"}
    settings = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in config.items())
    return {"Frames to render": ", ".join(frame_ranges.ranges(job.frames)), "Settings to send": settings}


def _change(place: UserFolder, submission: Submission, arguments: argparse.Namespace) -> None:
    """Write new settings and frames to the job folder; the service gets them with the start."""
    folder = place.job(submission.id)
    job = job_folder.read(folder)
    config = dict(job.render_config)
    for name, value in overrides(arguments.set).items():
        config[name] = {**config.get(name, {}), **value} if isinstance(value, dict) else value
    config = {name: value for name, value in config.items() if value is not None}
    frames = list(job.frames)
    if arguments.frames:
        try:
            frames = list(frame_ranges.parse(arguments.frames))
        except ValueError as error:
            raise Wrong(str(error)) from error
        config["frameRanges"] = frame_ranges.ranges(frames)
    job_folder.write(folder, replace(job, render_config=config, frames=frames))
