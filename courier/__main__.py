"""The courier's program: one per user folder, started on demand, gone when idle.

launch.py --wheels FOLDER courier --home FOLDER     with {"keys": {server URL: key}} on standard input
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..client.errors import FarmhandError
from .home import Home
from .journal import Journal
from .keys import Keys, hand_in
from .lock import Lock
from .office import IDLE_SECONDS, Office
from .version import version

_FIRST_WAIT_SECONDS = 0.5
_HANDOVER_SECONDS = 15.0
_LOG_BYTES = 1024 * 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Be the courier, or bring keys to the one that is there.  Returns 0, or 3 when the user folder cannot be used."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["receive"]:
        from . import receive

        return receive.main(words[1:])
    arguments = _parser().parse_args(words)
    home = Home(Path(arguments.home).absolute())
    keys = _read_keys()
    _log_to(home.logs)
    try:
        lock = _lock_or_hand_in(home, keys)
        if lock is not None:
            _work(home, keys, arguments.idle_exit)
            lock.release()
    except FarmhandError as error:
        logging.getLogger(__name__).error("%s", error)
        print(error, file=sys.stderr)
        return 3
    _end_stuck_threads()
    return 0


def _work(home: Home, keys: Keys, idle_seconds: float) -> None:
    office = Office(home, keys, idle_seconds=idle_seconds)
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: office.leave())
    office.run()


def _lock_or_hand_in(home: Home, keys: Keys) -> Lock | None:
    """The lock of this user folder; None when a courier of this version is there and has taken our keys."""
    lock = Lock(home.lock)
    give_up = time.monotonic() + _HANDOVER_SECONDS
    while not lock.acquire(_FIRST_WAIT_SECONDS):
        with Journal(home.journal) as journal:
            there = journal.courier()
            if there is None:  # it comes or goes at this moment
                continue
            if there.version == version() and not there.handover and hand_in(there.channel, keys.known()):
                return None
            journal.ask_handover()
        if time.monotonic() > give_up:
            _end(there.pid)
    return lock


def _end(pid: int) -> None:
    """A courier that does not make room is stuck: whatever it does, the journal has it."""
    with contextlib.suppress(OSError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _end_stuck_threads() -> None:
    """A thread that still waits for a network must not keep a courier alive that has said good-bye."""
    if any(thread.name.startswith(("carry", "pull")) for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(0)


def _read_keys() -> Keys:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = json.loads(sys.stdin.read()).get("keys", {})
        return Keys({str(url): str(key) for url, key in found.items()})
    return Keys({})


def _log_to(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "courier.log", maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="farmhand courier", description=__doc__)
    parser.add_argument("--home", required=True, help="the user folder to work in")
    parser.add_argument("--idle-exit", type=float, default=IDLE_SECONDS, metavar="SECONDS")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
