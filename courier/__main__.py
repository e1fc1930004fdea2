"""The courier's program: one per user folder, started on demand, gone when idle.

launch.py --wheels FOLDER courier --home FOLDER     with {"keys": {server URL: key}} on standard input
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..client.errors import FarmhandError
from ..jobs.process import open_files
from ..jobs.user_folder import UserFolder
from .daemon.handover import acquire_or_hand_over
from .daemon.supervisor import IDLE_SECONDS, Supervisor
from .process import keys_in_memory
from .process.keys_in_memory import ServerKeys

_LOG_BYTES = 1024 * 1024
_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as the courier, or hand keys to the running one. Returns 0, or 3 if the user folder cannot be used."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["receive"]:
        from . import webhook_receiver

        return webhook_receiver.main(words[1:])
    if words[:1] == ["page"]:
        from . import job_page

        return job_page.main(words[1:])
    if words[:1] == ["helpers"]:
        from . import helpers

        return helpers.main(words[1:])
    arguments = _parser().parse_args(words)
    home = UserFolder(Path(arguments.home).absolute())
    keys = keys_in_memory.from_text(sys.stdin.read())
    _log_to(home.logs)
    open_files.raise_limit()
    code = 0
    lock = None
    try:
        lock = acquire_or_hand_over(home, keys)
        if lock is not None:
            _work(home, keys, arguments.idle_exit)
    except FarmhandError as error:
        _log.error("%s", error)
        print(error, file=sys.stderr)
        code = 3
    _end_stuck_threads(code)
    if lock is not None:
        lock.release()
    return code


def _work(home: UserFolder, keys: ServerKeys, idle_seconds: float) -> None:
    supervisor = Supervisor(home, keys, idle_seconds=idle_seconds)
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: supervisor.leave())
    supervisor.run()


def _end_stuck_threads(code: int) -> None:
    """A thread that still waits for the network must not keep a courier alive that has signed off, nor write beside
    the next one: so the process ends before the lock is released."""
    if any(thread.name.startswith(("carry", "pull")) for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(code)


def _log_to(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "courier.log", maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("httpx", "urllib3"):  # they log URLs, and those of signed links are secret
        logging.getLogger(library).setLevel(logging.ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="farmhand courier", description=__doc__)
    parser.add_argument("--home", required=True, help="the user folder to work in")
    parser.add_argument("--idle-exit", type=float, default=IDLE_SECONDS, metavar="SECONDS")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
