"""The command line: `farmhand …`, and `blender --command farmhand …`.

Results go to standard output, progress and problems to standard error; with --json both are JSON. It also runs inside
Blender: standard library only. Exit codes: 0 done, 1 the job failed, 2 wrong use or blocked by a check, 3 server or
network, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..client.errors import FarmhandError
from ..courier.process import launcher
from ..courier.servers import local_farm
from ..jobs import submit, user_folder
from ..jobs.folder import job_folder
from ..jobs.journal.journal import Journal
from ..jobs.journal.submission import LOCAL, Request, State, Submission
from ..jobs.user_folder import UserFolder
from . import check_first, download_video, farm_nodes, find_blender, server_jobs, streams
from . import farm as farm_command
from . import node as node_command
from .common import NoSuchJob, Wrong, ask, find, follow, keys_for, server_of, words
from .output import DONE, INTERRUPTED, TROUBLE, WRONG_USE, Screen, nothing_done, result_of
from .prepare import file_arguments, headless, measured_mbit


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    streams.prepare()
    arguments = _parser().parse_args(argv)
    screen = Screen(as_json=arguments.json)
    try:
        code = int(arguments.run(arguments, screen))
        sys.stdout.flush()
        return code
    except Wrong as error:
        screen.problem(str(error))
        return WRONG_USE
    except FarmhandError as error:
        screen.problem(str(error))
        return TROUBLE
    except KeyboardInterrupt:
        screen.note("Interrupted. Submitted jobs continue; see `farmhand jobs`.")
        return INTERRUPTED
    except OSError as error:
        streams.give_up(error, screen.problem)
        return TROUBLE


# Commands


def _check(arguments: argparse.Namespace, screen: Screen) -> int:
    answer = headless(arguments, "check", screen, mbit=arguments.mbit or measured_mbit(user_folder.find()))
    if answer.get("problem") and not answer.get("check"):
        raise Wrong(words(answer["problem"]))
    screen.check(answer["check"])
    return WRONG_USE if _is_blocked(answer["check"]) else DONE


def _submit(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    server = server_of(arguments.server)
    if server == LOCAL:
        local_farm.warm_up(place, server, find_blender.find_blender())
    answer = headless(arguments, "submit", screen, server_url=server, ask_mode=check_first.ask_mode(arguments))
    screen.findings(answer.get("check") or {})
    if answer.get("problem"):
        raise Wrong(words(answer["problem"]))
    if answer.get("nothing_left"):
        screen.result({**nothing_done(), "status": "skipped"}, "All of these frames already exist; nothing was sent.")
        return DONE
    submission = submit.enqueue(place, Path(answer["folder"]))
    keys = keys_for(server)
    launcher.ensure_courier(place, keys)
    if arguments.check_only:
        return check_first.wait_for_check(place, submission, screen)
    if arguments.wait:
        return follow(place, submission, screen)
    screen.result(
        result_of(place, submission), f"Submitted as {submission.id}. Watch it: farmhand watch {submission.id[:8]}"
    )
    return DONE


def _jobs(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    if arguments.server:
        server = _remote(arguments.server)
        return server_jobs.show(
            place, server, keys_for(server), screen, status=arguments.status, limit=max(1, arguments.limit)
        )
    if arguments.status:
        raise Wrong("--status requires --server.")
    with Journal(place.journal) as journal:
        screen.jobs(journal.submissions(limit=arguments.limit))
    return DONE


def _watch(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    submission = _known_or_elsewhere(place, arguments)
    if isinstance(submission, str):
        return server_jobs.watch(place, submission, keys_for(submission), screen, arguments.id)
    if submission.problem and not submission.is_over:  # watching a stopped job also retries it
        with Journal(place.journal) as journal:
            journal.ask(submission.id, Request.RETRY)
    return follow(place, submission, screen)


def _cancel(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    submission = _known_or_elsewhere(place, arguments)
    if isinstance(submission, str):
        return server_jobs.cancel(place, submission, keys_for(submission), screen, arguments.id)
    if submission.is_over:
        screen.result(result_of(place, submission), f"{submission.name} has already ended: {submission.state.value}.")
        return DONE
    last = ask(place, submission, Request.CANCEL, screen)
    screen.result(result_of(place, last), f"{last.name}: {last.state.value}.")
    return DONE if last.is_over else TROUBLE


def _download(arguments: argparse.Namespace, screen: Screen) -> int:
    place = user_folder.find()
    submission = _to_download(place, arguments)
    if arguments.video:
        return download_video.download(place, submission, screen)
    if submission.job_id and (submission.is_over or submission.state is State.STOPPED):
        with Journal(place.journal) as journal:
            journal.ask(submission.id, Request.PULL_AGAIN)
    return follow(place, submission, screen)


def _receive(arguments: argparse.Namespace, screen: Screen) -> int:
    server = server_of(arguments.server)
    if server == LOCAL:
        raise Wrong("No server given. Set the server that sends the webhooks with --server or FARMHAND_SERVER.")
    command = launcher.python_command(
        "courier",
        *("receive", "--host", arguments.host, "--port", str(arguments.port), "--secret-env", arguments.secret_env),
        *("--server", server, "--output", str(Path(arguments.output).absolute())),
    )
    environment = dict(os.environ)
    if not keys_for(server):  # its key belongs to another server
        environment.pop("FARMHAND_API_KEY", None)
    try:
        with farm_command.child(command, environment) as process:
            return process.wait()
    except KeyboardInterrupt:
        return INTERRUPTED


# Parts of commands


def _to_download(place: UserFolder, arguments: argparse.Namespace) -> Submission:
    """The submission to download again; another folder, or a job submitted elsewhere, gets its own entry."""
    try:
        known = find(place, arguments.id, arguments.server)
    except NoSuchJob:  # a job that was submitted elsewhere
        known = None
    if known is not None and (not arguments.output or Path(arguments.output).absolute() == Path(known.output_folder)):
        return known
    if known is None:
        output = Path(arguments.output or arguments.id)
        return submit.bring_job(place, server_of(arguments.server), arguments.id, output)
    if not known.job_id:
        raise Wrong(f"{known.name} has not been created on the server yet, so there is nothing to download.")
    blender = job_folder.read(place.job(known.id)).blender
    output = Path(arguments.output)
    return submit.bring_job(place, known.server_url, known.job_id, output, name=known.name, blender=blender)


def _known_or_elsewhere(place: UserFolder, arguments: argparse.Namespace) -> Submission | str:
    """The submission with this ID, or the server with a job of this ID that was submitted elsewhere."""
    try:
        return find(place, arguments.id, arguments.server)
    except NoSuchJob:
        server = server_of(arguments.server)
        if server == LOCAL:
            raise
        return server


def _remote(named: str) -> str:
    server = server_of(named)
    if server == LOCAL:
        raise Wrong("This computer's jobs are in your own list. Run `farmhand jobs` without --server.")
    return server


def _nodes(arguments: argparse.Namespace, screen: Screen) -> int:
    server = server_of(arguments.server)
    if server == LOCAL:
        raise Wrong("No server given. Set the farm with --server or FARMHAND_SERVER.")
    stop, use = arguments.stop or "", arguments.use or ""
    return farm_nodes.show(user_folder.find(), server, keys_for(server), screen, stop=stop, use=use)


def _is_blocked(check: dict[str, Any]) -> bool:
    return any(finding.get("severity") == "error" for finding in check.get("findings", ()))


# Arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farmhand",
        description="Render .blend files in the cloud or on your own computers.",
        epilog="Environment: FARMHAND_SERVER: the server. FARMHAND_API_KEY: its key. FARMHAND_HOME: the user folder. "
        "BLENDER: the Blender to use. Exit codes: 0 done, 1 failed, 2 wrong use, failed check or waiting for you, "
        "3 server, network or this computer, "
        "130 interrupted.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = _command(commands, "check", _check, "show what would be sent, without sending it", "check shot.blend")
    file_arguments(check)
    check.add_argument(
        "--mbit",
        type=_speed,
        default=0.0,
        metavar="N",
        help="upload speed in megabits per second, to estimate the upload time (default: that of the last upload)",
    )
    _add_submit(commands)
    start = _command(commands, "start", check_first.start, "start the render of a checked job", "start 3f2a --wait")
    check_first.add_start_arguments(start)
    _add_jobs(commands)
    watch = _command(
        commands, "watch", _watch, "show progress until the job ends; retry the job if it has stopped", "watch 3f2a"
    )
    cancel = _command(commands, "cancel", _cancel, "cancel a job and keep the downloaded frames", "cancel 3f2a")
    download = _command(
        commands, "download", _download, "download a job's frames again", "download 3f2a --output frames"
    )
    for command in (start, watch, cancel, download):
        command.add_argument("id", metavar="ID", help="job ID, or its first characters")
        command.add_argument(
            "--server", metavar="URL", help="server of a job submitted elsewhere; requires the full job ID"
        )
    download.add_argument("--output", metavar="DIR", help="folder for the frames (default: the job's output folder)")
    download.add_argument("--video", action="store_true", help="download the preview video that the server made")
    _add_farm(commands)
    _add_nodes(commands)
    _add_receive(commands)
    return parser


def _add_submit(commands: Any) -> None:
    send = _command(
        commands,
        "submit",
        _submit,
        "check, pack and submit a file",
        "submit shot.blend --frames 1-10 --set sampleCount=16 --wait",
    )
    file_arguments(send)
    send.add_argument("--server", metavar="URL", help="base URL, `local` or `renderjuice` (default: local)")
    send.add_argument("--wait", action="store_true", help="wait until all frames are downloaded")
    check_first.add_submit_arguments(send)


def _add_jobs(commands: Any) -> None:
    jobs = _command(commands, "jobs", _jobs, "list jobs, newest first", "jobs --json")
    jobs.add_argument("--limit", type=int, default=50, metavar="N", help="maximum number of jobs (default: 50)")
    jobs.add_argument("--server", metavar="URL", help="list all jobs of this server, submitted here or elsewhere")
    jobs.add_argument(
        "--status", default="", metavar="STATUS", help="only jobs with this status, for example completed"
    )


def _add_farm(commands: Any) -> None:
    farm = _command(commands, "farm", farm_command.run, "serve this computer as a render farm", farm_command.EXAMPLE)
    farm_command.add_arguments(farm)
    text = "render on this computer for a farm on another computer"
    node_command.add_arguments(_command(commands, "node", node_command.run, text, node_command.EXAMPLE))


def _add_receive(commands: Any) -> None:
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


def _add_nodes(commands: Any) -> None:
    nodes = _command(
        commands, "nodes", _nodes, "list the computers that render for a farm", "nodes --server https://farm.studio"
    )
    nodes.add_argument("--server", metavar="URL", help="the farm (default: FARMHAND_SERVER)")
    either = nodes.add_mutually_exclusive_group()
    either.add_argument("--stop", metavar="NODE", help="stop using a node (ID or name) after its current frames")
    either.add_argument("--use", metavar="NODE", help="use a stopped node again")


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
