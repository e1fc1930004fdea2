"""The farm of *This Computer*: found by the file it writes, started if it is not running, restarted if it died.

`start` is called from inside Blender: standard library only.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ...client import files
from ...client.errors import LocalProblem
from ...client.message import msg
from ...jobs import settings
from ...jobs.folder import path_limits
from ...jobs.journal.submission import LOCAL
from ...jobs.private_folder import make_private
from ...jobs.process import lock_holder, process_ids
from ...jobs.process.file_lock import is_held
from ...jobs.user_folder import UserFolder
from ...jobs.version import version
from ..process.launcher import python_command, start_detached

API = "/api/external/v1"
OBJECTS = "objects"
"""The folder in a farm's data with the files that it links to, each at the path that follows LINKS in its link."""
LINKS = "/storage/"
IDLE_EXIT_SECONDS = 600
KEEP_DAYS = 3  # the frames were pulled long before
START_SECONDS = 30.0
_CALL_SECONDS = 5.0
_LEAVE = "/leave"


@dataclass(frozen=True, slots=True)
class Access:
    """Where a farm listens, and the token that it made for this user."""

    url: str
    token: str
    pid: int
    version: str
    has_nodes: bool = False

    def is_wanted(self, has_helpers: bool) -> bool:
        """Whether it has our version, and accepts other computers, or not, as the user wants."""
        return self.version == version() and self.has_nodes == has_helpers


def folder(home: UserFolder, blender_command: Sequence[str], *, allow_add_ons: bool = False) -> Path:
    """The data folder of the farm that renders with this Blender.

    Args:
        blender_command: program and arguments.
        allow_add_ons: with the artist's add-ons it is another farm.
    """
    parts = [*blender_command, *(["add-ons"] if allow_add_ons else [])]
    key = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[: path_limits.FARM_FOLDER]
    return home.farms / key


def start(home: UserFolder, blender_command: Sequence[str], *, allow_add_ons: bool = False) -> None:
    """Start the farm unless it listens already. Never waits.

    Args:
        blender_command: program and arguments.
        allow_add_ons: as in `job_folder.JobFile`.

    Raises:
        LocalProblem: the process cannot be started.
    """
    data = folder(home, blender_command, allow_add_ons=allow_add_ons)
    access = read_access(data)
    has_helpers = _has_helpers(home, allow_add_ons)
    if access and access.is_wanted(has_helpers) and _lives(data):
        return
    make_private(data)
    command = python_command(
        "farm",
        *("--data", str(data), "--port", "0", "--idle-exit", str(IDLE_EXIT_SECONDS), "--prewarm", "--own-files"),
        *("--keep-days", str(KEEP_DAYS), "--videos", "on-request"),
        *(("--allow-add-ons",) if allow_add_ons else ()),
        *(("--backend", "dask", "--own-node", "--node-host", "0.0.0.0") if has_helpers else ()),
        *("--blender", *blender_command),
    )
    start_detached(command, home.logs / "farm.err")


def warm_up(home: UserFolder, server_url: str, blender_command: Sequence[str], *, allow_add_ons: bool = False) -> None:
    """Start the farm of this computer while the file is still being packed. Other servers need no warming.

    Args:
        server_url: of the API, or `LOCAL`.
        blender_command: program and arguments.
        allow_add_ons: as in `job_folder.JobFile`.
    """
    if server_url == LOCAL:
        start(home, blender_command, allow_add_ons=allow_add_ons)


def ensure(
    home: UserFolder,
    blender_command: Sequence[str],
    check: Callable[[], None] = lambda: None,
    *,
    allow_add_ons: bool = False,
) -> Access:
    """A farm that answers; waits for its start.

    Args:
        blender_command: program and arguments; empty if the job names none.
        check: is called while waiting and may raise.
        allow_add_ons: as in `job_folder.JobFile`.

    Raises:
        LocalProblem: it does not start.
    """
    if not blender_command:
        raise LocalProblem(
            "This job does not specify which Blender to render with.",
            "This Computer cannot render it.",
            "Submit the file again.",
        )
    data = folder(home, blender_command, allow_add_ons=allow_add_ons)
    end = time.monotonic() + START_SECONDS
    access = read_access(data)
    has_helpers = _has_helpers(home, allow_add_ons)
    if access and not access.is_wanted(has_helpers) and _answers(data, access):
        _make_room(data)
    next_start = 0.0
    while time.monotonic() < end:
        access = read_access(data)
        if access and access.is_wanted(has_helpers) and _answers(data, access):
            return access
        if time.monotonic() >= next_start:
            start(home, blender_command, allow_add_ons=allow_add_ons)
            next_start = time.monotonic() + START_SECONDS / 3
        check()
        time.sleep(0.02)
    raise LocalProblem(
        "The farm on this computer did not start.",
        "The job waits until the farm is running.",
        msg("See {path} for details, then retry.", path=home.logs / "farm.err"),
    )


def _has_helpers(home: UserFolder, allow_add_ons: bool) -> bool:
    """Whether others may help. Files that need the artist's add-ons are rendered only here; helpers need Dask."""
    return not allow_add_ons and settings.read(home).has_helpers and importlib.util.find_spec("distributed") is not None


def read_access(data: Path) -> Access | None:
    """What the farm in this folder has written about itself, running or not."""
    try:
        found = json.loads(files.read_text(data / "access.json"))
        url = str(found["url"]).rstrip("/")
        url = url if urlsplit(url).path else url + API
        return Access(url, str(found["token"]), int(found["pid"]), str(found["version"]), found.get("hasNodes") is True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def living(data: Path) -> Access | None:
    """What the farm in this folder has written about itself, if it runs."""
    access = read_access(data)
    return access if access is not None and _is_of(data, access) else None


def _answers(data: Path, access: Access) -> bool:
    """Whether our farm listens there. Another program may have a killed farm's port, and must get no token."""
    return _is_of(data, access) and _call(access, "GET", f"{urlsplit(access.url).path}/jobs/progress") == http.client.OK


def _call(access: Access, method: str, path: str) -> int:
    """The status of the farm's answer; 0 for none."""
    parts = urlsplit(access.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_CALL_SECONDS)
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {access.token}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def ask_to_leave(data: Path) -> bool:
    """Ask the farm in this folder to end; its jobs stay in its folder and the next farm resumes them.

    Returns whether one has received the call.
    """
    access = read_access(data)
    return access is not None and _is_of(data, access) and _call(access, "POST", _LEAVE) == http.client.ACCEPTED


def close_to_helpers(data: Path) -> None:
    """End a farm that accepts other computers, and wait for that; the next job starts one that does not."""
    access = read_access(data)
    if access is not None and access.has_nodes:
        _make_room(data)


def heard_at(home: UserFolder, blender_command: Sequence[str]) -> tuple[str, ...]:
    """Addresses at which the farm of this computer accepts others now."""
    data = folder(home, blender_command)
    try:
        told = json.loads(files.read_text(data / "nodes" / "network.json"))
        found = tuple(str(each) for each in told["addresses"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return found if _lives(data) else ()


def _lives(data: Path) -> bool:
    """Whether a farm works in this folder: it holds the lock for as long as it lives."""
    return is_held(data / "farm.lock")


def _is_of(data: Path, access: Access) -> bool:
    """Whether the running farm wrote this file. One that has just taken the lock of a killed farm may not have removed
    the old file yet."""
    there = lock_holder.holder(data / "farm.lock")
    return _lives(data) and there is not None and there.pid == access.pid


def _make_room(data: Path) -> None:
    """End the running farm; its jobs are in its folder and the new one resumes them."""
    there = lock_holder.holder(data / "farm.lock")
    ask_to_leave(data)
    end = time.monotonic() + START_SECONDS / 2
    while time.monotonic() < end and _lives(data):
        time.sleep(0.05)
    if there is not None and _lives(data):
        process_ids.end(there.pid, there.began)
