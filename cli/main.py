# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `farmhand …`, and `blender --command farmhand …`.

Results go to standard output, progress and problems to standard error; with --json both are JSON.  It also runs inside
Blender: standard library only.  Exit codes: 0 done, 1 the job failed, 2 wrong use or blocked by a check, 3 server or
network, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..client.errors import FarmhandError
from ..client.message import Message
from ..courier.process import follow, launcher
from ..courier.servers import local_farm
from ..jobs import job_folder, server_address, submit, upload_speed, user_folder
from ..jobs.journal import Journal
from ..jobs.submission import LOCAL, Request, State, Submission
from ..jobs.user_folder import UserFolder
from . import farm as farm_command
from . import find_blender, server_jobs
from .output import DONE, FAILED, INTERRUPTED, TROUBLE, WRONG_USE, Screen, result_of

_EXISTING = {"stop": "ask", "replace": "replace", "keep": "keep"}
_CODES = {State.DONE: DONE, State.FAILED: FAILED, State.CANCELED: FAILED}


class Wrong(Exception):
    """The command cannot be carried out as it was given."""


class Unknown(Wrong):
    """No submission is called so."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # names that are not UTF-8 are printed as they are on disk
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")
    arguments = _parser().parse_args(argv)
    screen = Screen(as_json=arguments.json)
    try:
        return int(arguments.run(arguments, screen))
    except Wrong as error:
        screen.problem(str(error))
        return WRONG_USE
    except FarmhandError as error:
        screen.problem(str(error))
        return TROUBLE
    except KeyboardInterrupt:
        screen.note("Interrupted. Submitted jobs continue; see `farmhand jobs`.")
        return INTERRUPTED


# Commands


def _check(arguments: argparse.Namespace, screen: Screen) -> int:
    answer = _headless(arguments, "check", screen, mbit=arguments.mbit or _measured_mbit(user_folder.find()))
    if answer.get("problem") and not answer.get("check"):
        raise Wrong(_words(answer["problem"]))
    screen.check(answer["check"])
    return WRONG_USE if _is_blocked(answer["check"]) else DONE


def _submit(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    server = _server(arguments.server)
    if server == LOCAL:
        local_farm.warm_up(place, server, find_blender.find_blender())
    answer = _headless(arguments, "submit", screen, server_url=server)
    screen.findings(answer.get("check") or {})
    if answer.get("problem"):
        raise Wrong(_words(answer["problem"]))
    submission = submit.enqueue(place, Path(answer["folder"]))
    keys = _keys(server)
    launcher.ensure_courier(place, keys)
    if arguments.wait:
        return _follow(place, submission, screen)
    screen.result(
        result_of(place, submission), f"Submitted as {submission.id}. Watch it: farmhand watch {submission.id[:8]}"
    )
    return DONE


def _jobs(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    if arguments.server:
        server = _remote(arguments.server)
        return server_jobs.show(
            place, server, _keys(server), screen, status=arguments.status, limit=max(1, arguments.limit)
        )
    if arguments.status:
        raise Wrong("--status filters a server's jobs: name the server with --server.")
    with Journal(place.journal) as journal:
        screen.jobs(journal.submissions(limit=arguments.limit))
    return DONE


def _watch(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    submission = _known_or_elsewhere(place, arguments)
    if isinstance(submission, str):
        return server_jobs.watch(place, submission, _keys(submission), screen, arguments.id)
    if submission.problem and not submission.is_over:  # watching a stopped job means: try again
        with Journal(place.journal) as journal:
            journal.ask(submission.id, Request.RETRY)
    return _follow(place, submission, screen)


def _cancel(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    submission = _known_or_elsewhere(place, arguments)
    if isinstance(submission, str):
        return server_jobs.cancel(place, submission, _keys(submission), screen, arguments.id)
    if submission.is_over:
        screen.result(result_of(place, submission), f"{submission.name} has already ended: {submission.state.value}.")
        return DONE
    last = _ask(place, submission, Request.CANCEL, screen)
    screen.result(result_of(place, last), f"{last.name}: {last.state.value}.")
    return DONE if last.is_over else TROUBLE


def _download(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    submission = _to_download(place, arguments)
    if submission.job_id and (submission.is_over or submission.state is State.STOPPED):
        with Journal(place.journal) as journal:
            journal.ask(submission.id, Request.PULL_AGAIN)
    return _follow(place, submission, screen)


def _receive(arguments: argparse.Namespace, screen: Screen) -> int:
    server = _server(arguments.server)
    if server == LOCAL:
        raise Wrong("No server given. Set the server that sends the webhooks with --server or FARMHAND_SERVER.")
    command = launcher.python_command(
        "courier",
        *("receive", "--host", arguments.host, "--port", str(arguments.port), "--secret-env", arguments.secret_env),
        *("--server", server, "--output", str(Path(arguments.output).absolute())),
    )
    environment = dict(os.environ)
    if not _keys(server):  # the key in it is another server's
        environment.pop("FARMHAND_API_KEY", None)
    try:
        with farm_command.child(command, environment) as process:
            return process.wait()
    except KeyboardInterrupt:
        return INTERRUPTED


# Parts of commands


def _headless(
    arguments: argparse.Namespace, command: str, screen: Screen, server_url: str = LOCAL, mbit: float = 0.0
) -> dict[str, Any]:
    """Let a background Blender read the file."""
    place = user_folder.find()
    order = {
        "command": command,
        "file": str(Path(arguments.file).absolute()),
        "jobs": str(place.jobs),
        "server_url": server_url,
        "scene": arguments.scene,
        "camera": arguments.camera,
        "frames": arguments.frames,
        "output": _folder(arguments.output),
        "existing": _EXISTING[arguments.existing],
        "leave_out": [str(Path(one).absolute()) for one in arguments.leave_out],
        "overrides": _overrides(arguments.set),
        "mbit": mbit,
        "pack_color_config": arguments.pack_color_config,
        "allow_add_ons": arguments.allow_add_ons,
    }
    if not Path(arguments.file).is_file():
        raise Wrong(f"File {arguments.file} not found.")
    return find_blender.run_headless(find_blender.find_blender(), order, place.logs / "blender.log", screen.preparing)


def _folder(named: str) -> str:
    """An absolute folder whose {fields} Blender fills in; the braces of the working folder are none."""
    return str(Path(str(Path.cwd()).replace("{", "{{").replace("}", "}}"), named)) if named else ""


def _measured_mbit(place: UserFolder) -> float:
    if not place.journal.exists():  # a check leaves nothing behind
        return 0.0
    with Journal(place.journal) as journal:
        return upload_speed.measured_mbit(journal)


def _overrides(settings: Sequence[str]) -> dict[str, Any]:
    """`--set sampleCount=16 --set outputSettings.colorDepth=\"16\"` as the members of a render config."""
    overrides: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name:
            raise Wrong(f"“{setting}” is not NAME=VALUE, as in --set sampleCount=16.")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        *groups, last = name.split(".")
        place = overrides
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return overrides


def _follow(place: UserFolder, submission: Submission, screen: Screen) -> int:
    keys = _keys(submission.server_url)
    launcher.ensure_courier(place, keys)
    last = _shown(follow.follow(place, submission.id, keys), screen) or submission
    screen.result(result_of(place, last), "")
    return _CODES.get(last.state, TROUBLE)


def _shown(changes: Iterator[Submission], screen: Screen) -> Submission | None:
    last = None
    for last in changes:
        screen.progress(last)
    screen.end_of_progress(last)
    return last


def _ask(place: UserFolder, submission: Submission, request: Request, screen: Screen) -> Submission:
    """Leave a request and wait until it has been answered."""
    with Journal(place.journal) as journal:
        journal.ask(submission.id, request)
    keys = _keys(submission.server_url)
    launcher.ensure_courier(place, keys)
    return _shown(follow.follow(place, submission.id, keys), screen) or submission


def _to_download(place: UserFolder, arguments: argparse.Namespace) -> Submission:
    """The submission to pull again; another folder, or another's job, becomes an entry of its own."""
    try:
        known = _find(place, arguments.id, arguments.server)
    except Unknown:  # a job that was submitted elsewhere
        known = None
    if known is not None and (not arguments.output or Path(arguments.output).absolute() == Path(known.output_folder)):
        return known
    if known is None:
        output = Path(arguments.output or arguments.id)
        return submit.bring_job(place, _server(arguments.server), arguments.id, output)
    if not known.job_id:
        raise Wrong(f"{known.name} has not been created on the service yet, so there is nothing to download.")
    blender = job_folder.read(place.job(known.id)).blender
    output = Path(arguments.output)
    return submit.bring_job(place, known.server_url, known.job_id, output, name=known.name, blender=blender)


def _known_or_elsewhere(place: UserFolder, arguments: argparse.Namespace) -> Submission | str:
    """The submission that is meant, or the server that has a job of this id which was submitted elsewhere."""
    try:
        return _find(place, arguments.id, arguments.server)
    except Unknown:
        server = _server(arguments.server)
        if server == LOCAL:
            raise
        return server


def _remote(named: str) -> str:
    server = _server(named)
    if server == LOCAL:
        raise Wrong("Every job of this computer is in the list already: run `farmhand jobs` without --server.")
    return server


def _find(place: UserFolder, wanted: str, server: str | None = None) -> Submission:
    """The submission that an id, a job's id, or the beginning of either means.  server: the only one to look at."""
    with Journal(place.journal) as journal:
        every = journal.submissions()
    if server:
        every = [one for one in every if one.server_url == _server(server)]
    found = [one for one in every if wanted and (one.id.startswith(wanted) or one.job_id.startswith(wanted))]
    exact = [one for one in found if wanted in (one.id, one.job_id)]
    if len(exact or found) > 1 and not exact:
        raise Wrong(f"“{wanted}” matches {len(found)} jobs; enter more characters.")
    if not found:
        raise Unknown(f"Job “{wanted}” not found. Run `farmhand jobs` to list all jobs.")
    return (exact or found)[0]


def _server(named: str | None) -> str:
    try:
        return server_address.base_url(named or os.environ.get("FARMHAND_SERVER", ""))
    except FarmhandError as error:
        raise Wrong(str(error)) from error


def _keys(server_url: str) -> dict[str, str]:
    """The key of the environment, for the one server that it is meant for."""
    key = os.environ.get("FARMHAND_API_KEY", "")
    named = os.environ.get("FARMHAND_SERVER", "")
    is_meant = not named or server_address.base_url(named) == server_url
    return {server_url: key} if key and is_meant and server_url != LOCAL else {}


def _is_blocked(check: dict[str, Any]) -> bool:
    return any(finding.get("severity") == "error" for finding in check.get("findings", ()))


def _words(problem: dict[str, str]) -> str:
    return Message.joined(Message.decoded(problem.get(name, "")) for name in ("what", "meaning", "advice"))


# Arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farmhand",
        description="Render .blend files in the cloud or on your own computers.",
        epilog="Environment: FARMHAND_SERVER, FARMHAND_API_KEY, FARMHAND_HOME (user folder), BLENDER.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = _command(commands, "check", _check, "show what would be sent, without sending it", "check shot.blend")
    _file_arguments(check)
    check.add_argument(
        "--mbit",
        type=_speed,
        default=0.0,
        metavar="N",
        help="upload speed in megabits per second (default: as in the last upload)",
    )
    send = _command(
        commands,
        "submit",
        _submit,
        "check, pack and submit a file",
        "submit shot.blend --frames 1-10 --set sampleCount=16 --wait",
    )
    _file_arguments(send)
    send.add_argument("--server", metavar="URL", help="base URL, `local` or `renderjuice` (default: local)")
    send.add_argument("--wait", action="store_true", help="wait until all frames are downloaded")
    jobs = _command(commands, "jobs", _jobs, "list jobs, newest first", "jobs --json")
    jobs.add_argument("--limit", type=int, default=50, metavar="N", help="maximum number of jobs (default: 50)")
    jobs.add_argument("--server", metavar="URL", help="list this server's own jobs, whoever submitted them")
    jobs.add_argument("--status", default="", metavar="STATUS", help="only jobs of this status, as in completed")
    watch = _command(
        commands, "watch", _watch, "show progress until the job ends; a stopped job is retried", "watch 3f2a"
    )
    cancel = _command(commands, "cancel", _cancel, "cancel a job and keep the downloaded frames", "cancel 3f2a")
    download = _command(
        commands, "download", _download, "download a job's frames again", "download 3f2a --output frames"
    )
    for command in (watch, cancel, download):
        command.add_argument("id", metavar="ID", help="job ID, or its first characters")
        command.add_argument("--server", metavar="URL", help="server of a job that was submitted elsewhere (whole ID)")
    download.add_argument("--output", metavar="DIR", help="folder (default: the job's output folder)")
    farm = _command(commands, "farm", farm_command.run, "serve this computer as a render farm", farm_command.EXAMPLE)
    farm_command.add_arguments(farm)
    receive = _command(
        commands,
        "receive",
        _receive,
        "receive webhooks and download the frames of each finished job",
        "receive --port 8080 --secret-env WEBHOOK_SECRET --server https://farm.studio --output renders",
    )
    receive.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this computer only)")
    receive.add_argument(
        "--port", type=int, required=True, help="port to listen on (0: any free port, which is printed)"
    )
    receive.add_argument(
        "--secret-env", required=True, metavar="NAME", help="environment variable with the webhook secret"
    )
    receive.add_argument("--output", required=True, metavar="DIR", help="folder; each job gets its own subfolder")
    receive.add_argument("--server", metavar="URL", help="server that sends the webhooks (default: FARMHAND_SERVER)")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace, Screen], int], text: str, example: str
) -> argparse.ArgumentParser:
    sentence = f"{text[0].upper()}{text[1:]}."
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=sentence, epilog=f"Example: farmhand {example}"
    )
    command.add_argument(
        "--json", action="store_true", help="print one JSON object to standard output and progress to standard error"
    )
    command.set_defaults(run=run)
    return command


def _speed(text: str) -> float:
    try:
        mbit = float(text)
    except ValueError:
        mbit = 0.0
    if not 0 < mbit < float("inf"):
        raise argparse.ArgumentTypeError(f"“{text}” is not a valid speed; enter a number above 0, as in --mbit 50")
    return mbit


def _file_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="a .blend file")
    command.add_argument("--scene", default="", metavar="NAME", help="scene to render (default: the active scene)")
    command.add_argument("--camera", default="", metavar="NAME", help="camera to render (default: the scene's camera)")
    command.add_argument(
        "--frames", default="", metavar="RANGES", help="frames to render, as in 1-10,20 (default: the scene's range)"
    )
    command.add_argument(
        "--output",
        default="",
        metavar="DIR",
        help="output folder; may contain variables, as in render/{blend_name}_v{number} (default: the scene's "
        "output path)",
    )
    command.add_argument(
        "--existing",
        choices=tuple(_EXISTING),
        default="stop",
        help="if frames already exist: stop, replace them, or keep both under different names (default: stop)",
    )
    command.add_argument(
        "--leave-out", action="append", default=[], metavar="FILE", help="render without this missing file"
    )
    command.add_argument(
        "--pack-color-config",
        action="store_true",
        help="include the current OpenColorIO config, for your own farm",
    )
    command.add_argument(
        "--allow-add-ons",
        action="store_true",
        help="on This Computer alone: run the file's scripts, with the add-ons that you have enabled",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a member of the render config, as in sampleCount=16",
    )
