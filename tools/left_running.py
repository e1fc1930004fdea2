"""The processes that Farmhand leaves at work in a user folder, and their end, for folders that are not used again."""

import json
import os
import signal
import time
from pathlib import Path

from farmhand.jobs.journal import Journal

END_SECONDS = 20.0


def farm_pids(home: Path) -> list[int]:
    """Process ids of the farms that say they work for this user folder."""
    return [int(json.loads(file.read_text())["pid"]) for file in home.glob("farms/*/access.json")]


def courier_pid(home: Path) -> int | None:
    """Process id of the courier of this user folder."""
    with Journal(home / "journal.sqlite3") as journal:
        presence = journal.courier()
    return presence.pid if presence else None


def end_all(home: Path) -> None:
    """End courier and farms politely and wait until they are gone."""
    courier = courier_pid(home)
    for pid in [*([courier] if courier else []), *farm_pids(home)]:
        _end(pid)


def _end(pid: int) -> None:
    limit = time.monotonic() + END_SECONDS
    try:
        os.kill(pid, signal.SIGTERM)
        while time.monotonic() < limit:
            os.kill(pid, 0)
            time.sleep(0.05)
    except ProcessLookupError:
        return
