# SPDX-License-Identifier: GPL-3.0-or-later
"""`farmhand farm`: starts the farm, says how to reach it, and ends it. Standard library only."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..courier.process import launcher
from ..jobs import user_folder
from ..jobs.process.child_process import window_flags
from . import find_blender
from .output import DONE, INTERRUPTED, TROUBLE, WRONG_USE, Screen

_MANAGING = ("keys", "workspaces", "invite")
_END_SECONDS = 30.0
EXAMPLE = "farm --host 0.0.0.0 --port 7420 --data /srv/farm --workers 2 --keep-days 30"


def add_arguments(farm: argparse.ArgumentParser) -> None:
    farm.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all (default: this computer only)"
    )
    farm.add_argument("--port", type=int, default=7420, help="port to listen on; 0 for any free port (default: 7420)")
    farm.add_argument("--data", metavar="DIR", help="folder for uploads, frames and state (default: the user folder)")
    farm.add_argument(
        "--workers", type=int, default=1, metavar="N", help="number of frames rendered at the same time (default: 1)"
    )
    _add_storage_arguments(farm)
    farm.add_argument("--cert", metavar="FILE", help="serve HTTPS with this certificate (PEM)")
    farm.add_argument("--key", metavar="FILE", help="private key of the certificate (PEM)")
    farm.add_argument("--public-url", metavar="URL", help="address of the reverse proxy in front of the farm")
    farm.add_argument(
        "--webhook-url",
        metavar="URL",
        help="send a webhook to this URL when a job finishes, signed with FARMHAND_WEBHOOK_SECRET",
    )
    farm.add_argument("--webhook-on-fail", action="store_true", help="also send a webhook when a job fails")
    _add_node_arguments(farm)
    farm.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="keys … | workspaces … | invite …",
        help="manage keys, workspaces and nodes instead of serving; see `farmhand farm keys --help`",
    )


def _add_storage_arguments(farm: argparse.ArgumentParser) -> None:
    farm.add_argument(
        "--objects",
        metavar="S3",
        help="keep uploads and frames in a bucket, as s3://bucket or s3://bucket/prefix; AWS_ENDPOINT_URL names the "
        "server, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the access key (default: a folder in --data)",
    )
    farm.add_argument(
        "--keep-days",
        type=int,
        metavar="N",
        help="days to keep the files of finished jobs; 0 keeps them forever (default: 14)",
    )
    farm.add_argument(
        "--keep-gib",
        metavar="N",
        help="remove the oldest finished jobs when uploads and frames take more than N GiB (default: no limit)",
    )
    farm.add_argument(
        "--keep-free-gib",
        metavar="N",
        help="refuse uploads that would leave less than N GiB free (default: 2 %% of the disk, 2 GiB at most)",
    )
    farm.add_argument(
        "--videos",
        choices=("always", "on-request", "never"),
        default="always",
        help="make a preview video of every finished job, only once somebody downloads it, or never (default: always)",
    )


def _add_node_arguments(farm: argparse.ArgumentParser) -> None:
    farm.add_argument(
        "--backend",
        choices=("local", "dask"),
        default="local",
        help="render on this computer (local), or on the computers that run `farmhand node` (dask) (default: local)",
    )
    farm.add_argument(
        "--own-node", action="store_true", help="with --backend dask: this computer renders too, as one of the nodes"
    )
    farm.add_argument(
        "--node-port",
        type=int,
        metavar="PORT",
        help="port for these computers; the two ports after it are used too (default: 8786)",
    )
    farm.add_argument(
        "--blender-versions",
        choices=("same", "newer", "any"),
        help="with nodes: render a scene with the Blender version that saved it, also with newer ones, or with any "
        "(default: same)",
    )


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Serve until Ctrl+C. Returns the exit code."""
    data = Path(arguments.data or user_folder.find().farms / "served").absolute()
    if arguments.command:
        return _manage(arguments.command, data, as_json=arguments.json)
    blender = find_blender.find_blender() if arguments.backend == "local" or arguments.own_node else []
    command = launcher.python_command("farm", *_words(arguments, data, blender))
    try:
        with child(command) as process:
            return _serve(process, data, arguments.objects or str(data / "objects"), blender, screen)
    except KeyboardInterrupt:
        screen.note("The farm has stopped. Unfinished jobs continue when it starts again.")
        return INTERRUPTED


@contextmanager
def child(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A program that ends with this command however that ends, since it reads the pipe to it, and never stays behind.

    A service manager, or a console that is closed, ends us as Ctrl+C does.
    """
    for name in ("SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    flags = window_flags()
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, creationflags=flags) as process:
        try:
            yield process
        except KeyboardInterrupt:
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask first: on Windows no signal does."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _manage(command: Sequence[str], data: Path, *, as_json: bool) -> int:
    """The farm's own program does it: only that knows the farm's state."""
    if command[0] not in _MANAGING:
        print(f"“{command[0]}” is not a command of `farmhand farm`: use {' or '.join(_MANAGING)}.", file=sys.stderr)
        return WRONG_USE
    if not {"-h", "--help"} & set(command):
        given = any(word == "--data" or word.startswith("--data=") for word in command)
        command = [*command, *([] if given else ["--data", str(data)]), *(["--json"] if as_json else [])]
    words = launcher.python_command("farm", *command)
    return subprocess.run(words, check=False, creationflags=window_flags()).returncode


def _words(arguments: argparse.Namespace, data: Path, blender: list[str]) -> list[str]:
    words = ["--host", arguments.host, "--port", str(arguments.port), "--data", str(data)]
    words += ["--workers", str(arguments.workers)]
    if arguments.keep_days is not None:
        words += ["--keep-days", str(arguments.keep_days)]
    for name in ("objects", "keep_gib", "keep_free_gib", "cert", "key", "public_url"):
        value = getattr(arguments, name)
        words += [f"--{name.replace('_', '-')}", value] if value is not None else []
    if arguments.webhook_url:
        words += ["--webhook-url", arguments.webhook_url]
    if arguments.webhook_on_fail:
        words += ["--webhook-on-fail"]
    if arguments.backend != "local":
        words += ["--backend", arguments.backend]
        words += ["--own-node"] if arguments.own_node else []
    if arguments.node_port is not None:
        words += ["--node-port", str(arguments.node_port)]
    words += ["--videos", arguments.videos]
    if arguments.blender_versions:
        words += ["--blender-versions", arguments.blender_versions]
    return [*words, "--until-stdin-closes", *(["--blender", *blender] if blender else [])]


def _serve(process: subprocess.Popen[bytes], data: Path, objects: str, blender: list[str], screen: Screen) -> int:
    access = _wait_for_access(process, data)
    if access is None:
        return WRONG_USE if process.wait() == WRONG_USE else TROUBLE
    told = {"url": access["url"], "data": str(data), "access": str(data / "access.json"), "blender": blender}
    screen.result(told, _sentences(access["url"], data, objects, blender))
    return TROUBLE if process.wait() else DONE


def _sentences(url: str, data: Path, objects: str, blender: list[str]) -> str:
    token = f"the token in {data / 'access.json'}"
    key = f"your FARMHAND_API_KEY, or {token}" if os.environ.get("FARMHAND_API_KEY") else token
    return (
        f"The farm is listening at {url}\n"
        f"  key      {key}\n"
        f"  Blender  {shlex.join(blender) or 'on the nodes; add one with: farmhand farm invite NAME'}\n"
        f"  frames   {objects}\n"
        f"  watch    {url}/ in a browser, with the key\n"
        "Enter the address and the key in the add-on's preferences, or use another shell:\n"
        f"  {_setting(url)}\n"
        "Press Ctrl+C to stop the farm."
    )


def _setting(url: str) -> str:
    """The line that a shell of this system understands."""
    if sys.platform == "win32":
        return f"$env:FARMHAND_SERVER='{url}'; $env:FARMHAND_API_KEY='…the key…'"
    return f"export FARMHAND_SERVER={url} FARMHAND_API_KEY=…the key…"


def _wait_for_access(process: subprocess.Popen[bytes], data: Path) -> dict[str, Any] | None:
    """What the farm says of itself once it listens; None when it ended before."""
    while process.poll() is None:
        try:
            access: dict[str, Any] = json.loads((data / "access.json").read_text(encoding="utf-8"))
            if access["pid"] == process.pid:
                return access
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.05)
    return None
