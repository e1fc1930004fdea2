"""The farm's command: `python -m farmhand.farm --data FOLDER`, or `farmhand farm`."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import os
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..client.network.loopback import is_loopback
from ..jobs.process import blender_command, parent_watch
from . import access, keys_command
from .cluster.dask import scheduler_address
from .confine import confinement
from .errors import CannotStart, refuse
from .options import WEBHOOK_SECRET, add_options
from .render.blender.confined_script import run_confined
from .service import serve
from .settings import GIB, LOOPBACK_HOSTS, FarmSettings, checked_public_url
from .webhooks import checked_url

_log = logging.getLogger(__name__)
_LEAST_KEY = 16
"""Characters of a key chosen by a person, where others can try keys."""
_LOG_BYTES = 2 * 1024 * 1024
_WITH_DASK = ("node", "invite", "help", "on-dask")
_NO_DASK = (
    "Rendering on several computers needs Python packages that are not installed. In Farmhand's source, run: "
    "pip install --require-hashes -r requirements/node.txt"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a farm, or a command about one. Returns 0 when it was asked to end, 2 when it could not start."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in keys_command.COMMANDS:
        return keys_command.main(words)
    if words and words[0] in _WITH_DASK:
        return _with_dask(words)
    arguments = _parser().parse_args(words)
    try:
        _start(arguments, words)
    except CannotStart as error:
        return refuse(error, as_json=arguments.json)
    return 0


def _start(arguments: argparse.Namespace, words: Sequence[str]) -> None:
    """Run a farm until it is asked to end. Raises CannotStart."""
    if arguments.backend == "dask" and not _has_dask():
        raise CannotStart(_NO_DASK)
    arguments.own_node = (*_own_command(words), "node") if arguments.own_node else ()
    cluster = scheduler_address.words(arguments.scheduler, _scheduler_files(arguments))
    if arguments.scheduler:
        arguments.on_dask = (*_own_command(words), "on-dask", *cluster)
    blender = tuple(arguments.blender or blender_command.find())
    key = sys.stdin.readline().strip() if arguments.key_stdin else os.environ.get("FARMHAND_API_KEY", "")
    if reason := _reason_against(arguments, blender, key):
        raise CannotStart(reason)
    if arguments.until_stdin_closes:
        parent_watch.interrupt_when_stdin_closes()
    _run(arguments, Path(arguments.data).absolute(), blender, key)


def _run(arguments: argparse.Namespace, data: Path, blender: tuple[str, ...], key: str) -> None:
    held = access.lock(data)
    if held is None:
        raise CannotStart(f"Another farm is already using {data}. Use that one, or choose another folder with --data.")
    with held:
        try:
            _log_to(data / "logs")
            if arguments.run_confined:
                print(asyncio.run(run_confined(_settings(arguments, data, blender), Path(arguments.run_confined))))
            else:
                asyncio.run(serve(_settings(arguments, data, blender), key))
        except OSError as error:
            _log.info("The farm cannot use its folder", exc_info=True)
            raise access.cannot_use(data, error) from error


def _reason_against(arguments: argparse.Namespace, blender: tuple[str, ...], key: str) -> str:
    """Why a farm cannot start with these settings, "" if it can."""
    if not blender and (arguments.backend == "local" or arguments.own_node):
        return "No Blender was found, so nothing can be rendered. Specify one with --blender."
    if arguments.allow_add_ons and arguments.host not in LOOPBACK_HOSTS:
        return "Add-ons and scripts of files run only on the artist's own computer: remove --host."
    if arguments.allow_add_ons and arguments.confine not in (confinement.AUTO, confinement.OFF):
        return "Add-ons and scripts of files cannot run confined: remove --confine (or FARMHAND_CONFINE)."
    if arguments.webhook_url and not os.environ.get(WEBHOOK_SECRET):
        return f"Webhooks need a secret, which signs them. Set {WEBHOOK_SECRET}."
    if bool(arguments.cert) != bool(arguments.key):
        return "HTTPS needs a certificate and its key. Use both --cert and --key."
    if 0 < len(key) < _LEAST_KEY and not is_loopback(arguments.host):
        return (
            f"The farm's key has only {len(key)} characters, so others on the network could guess it. Use one of at "
            f"least {_LEAST_KEY}, or none, and create keys with “farmhand farm keys create”."
        )
    if arguments.scheduler and arguments.backend != "dask":
        return "--scheduler needs --backend dask."
    return scheduler_address.reason_against(
        arguments.scheduler, arguments.node_host or arguments.host, _scheduler_files(arguments)
    )


def _own_command(words: Sequence[str]) -> list[str]:
    """The command line that started this program, without these arguments."""
    return [sys.executable, *sys.orig_argv[1 : -len(words)]]


def _scheduler_files(arguments: argparse.Namespace) -> tuple[str, str, str]:
    return arguments.scheduler_ca, arguments.scheduler_cert, arguments.scheduler_key


def _has_dask() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("distributed", "ecdsa"))


def _with_dask(words: Sequence[str]) -> int:
    if not _has_dask():
        return refuse(_NO_DASK, as_json="--json" in words)
    if words[0] == "invite":
        from .cluster.pairing import invite_command

        return invite_command.main(words[1:])
    if words[0] == "help":
        from .node import help_command

        return help_command.main(words[1:], _log_to)
    if words[0] == "on-dask":
        from .node import on_dask

        return on_dask.main(words[1:])
    from .node import command

    return command.main(words[1:], blender_command.find, _log_to)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farmhand farm",
        description="Serve the render API on this computer, rendering with Blender.",
        epilog="Example: farmhand farm --data renders --workers 2 --blender /opt/blender/blender",
    )
    parser.add_argument("--data", required=True, help="folder for the farm's state, uploads and frames")
    add_options(parser)
    parser.add_argument("--node-host", default="", metavar="HOST", help="address for nodes (default: --host)")
    parser.add_argument("--blender", nargs="+", metavar="CMD", help="command of a Blender, or of a Python with bpy")
    parser.add_argument("--idle-exit", type=float, metavar="SECONDS", help="end after so long without work")
    parser.add_argument("--prewarm", action="store_true", help="keep a Blender started for the next file")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    parser.add_argument("--key-stdin", action="store_true", help="read a key that clients may use from standard input")
    parser.add_argument("--json", action="store_true", help="if the farm cannot start, print the reason as JSON")
    parser.set_defaults(on_dask=())
    return parser


def _settings(arguments: argparse.Namespace, data: Path, blender: tuple[str, ...]) -> FarmSettings:
    return FarmSettings(
        data=data,
        blender=blender,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        idle_exit=arguments.idle_exit,
        frame_seconds=arguments.frame_limit and arguments.frame_limit * 3600.0,
        prewarm=arguments.prewarm,
        objects=arguments.objects,
        keep_days=arguments.keep_days,
        keep_bytes=_bytes(arguments.keep_gib),
        reserve_bytes=_bytes(arguments.keep_free_gib),
        cert=Path(arguments.cert).absolute() if arguments.cert else None,
        key=Path(arguments.key).absolute() if arguments.key else None,
        public_url=checked_public_url(arguments.public_url),
        confine=arguments.confine,
        own_files=arguments.own_files,
        webhook_url=checked_url(arguments.webhook_url),
        webhook_secret=os.environ.get(WEBHOOK_SECRET, ""),
        webhook_on_fail=arguments.webhook_on_fail,
        allow_add_ons=arguments.allow_add_ons,
        backend=arguments.backend,
        node_host=arguments.node_host or arguments.host,
        node_port=arguments.node_port,
        blender_versions=arguments.blender_versions,
        own_node=arguments.own_node,
        on_dask=arguments.on_dask,
        scheduler=arguments.scheduler,
        videos=arguments.videos,
    )


def _bytes(gib: float | None) -> int | None:
    return None if gib is None else int(gib * GIB)


def _log_to(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "farm.log", maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # It logs a warning for each malformed request: strangers could fill the log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


if __name__ == "__main__":
    raise SystemExit(main())
