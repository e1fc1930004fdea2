"""The processes that Farmhand leaves at work in a user folder, and their end, for folders that are not used again."""

import json
import time
from pathlib import Path

from farmhand.courier.servers import local_farm
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.process import lock_holder, process_ids
from farmhand.jobs.process.file_lock import is_held

END_SECONDS = 20.0


def farm_pids(home: Path) -> list[int]:
    """Process ids of the farms that say they work for this user folder."""
    return [int(json.loads(file.read_text())["pid"]) for file in home.glob("*/*/access.json")]


def courier_pid(home: Path) -> int | None:
    """Process id of the courier of this user folder."""
    with Journal(home / "journal.sqlite3") as journal:
        presence = journal.courier()
    return presence.pid if presence else None


def end_all(home: Path) -> None:
    """Ask courier and farms to leave and wait until they are gone; who does not leave is ended."""
    if courier_pid(home):
        with Journal(home / "journal.sqlite3") as journal:
            journal.ask_handover()
    farms = [file.parent for file in home.glob("*/*/farm.lock")]
    for farm in farms:
        local_farm.ask_to_leave(farm)
    for lock in [home / "courier.lock", *(farm / "farm.lock" for farm in farms)]:
        _wait(lock)


def _wait(lock: Path) -> None:
    limit = time.monotonic() + END_SECONDS
    while is_held(lock) and time.monotonic() < limit:
        time.sleep(0.05)
    there = lock_holder.holder(lock)
    if there is not None:
        process_ids.end(there.pid, there.began)
