"""The user folder: where the journal, the job folders, the farm's data and the logs are. Standard library only."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ..client import files
from .process.file_lock import is_held


@dataclass(frozen=True, slots=True)
class UserFolder:
    """One user folder; one courier works in it at a time."""

    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite3"

    @property
    def jobs(self) -> Path:
        return self.folder / "jobs"

    @property
    def farms(self) -> Path:
        return self.folder / "farms"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def lock(self) -> Path:
        return self.folder / "courier.lock"

    def job(self, submission_id: str) -> Path:
        """The job folder of a submission."""
        return self.jobs / submission_id


def find(extension_folder: str = "") -> UserFolder:
    """The user folder: FARMHAND_HOME, else the extension's own one, else the platform's folder for user data.

    On Windows the extension's is in the roaming profile, which is copied at each login and has a quota: there the
    platform's folder is always used, and what an earlier Farmhand has left in the extension's is moved to it.
    """
    if chosen := os.environ.get("FARMHAND_HOME"):
        return UserFolder(Path(chosen).absolute())
    local = UserFolder(_platform_folder() / "farmhand")
    if not extension_folder:
        return local
    own = UserFolder(Path(extension_folder).absolute())
    if sys.platform == "win32":
        return take_over(own, local)
    return own


def take_over(old: UserFolder, new: UserFolder) -> UserFolder:
    """Move the contents of an old user folder to a new one. Returns the folder to use from now on.

    That is the old one while a process works in it, or if both have a journal, so that no job is lost.
    """
    if not old.journal.exists():
        return new
    if new.journal.exists() or any(map(is_held, (old.lock, *old.farms.glob("*/farm.lock")))):
        return old
    moved = list[tuple[Path, Path]]()
    try:
        new.folder.mkdir(parents=True, exist_ok=True)
        # The journal last: once it is in the new place, all else is there too.
        last = old.journal.name
        for path in sorted(old.folder.iterdir(), key=lambda each: (each.name == last, each.name.startswith(last))):
            target = new.folder / path.name
            if not target.exists():
                files.rename(path, target, wait_seconds=0)
                moved.append((path, target))
    except OSError:
        for path, target in reversed(moved):
            with contextlib.suppress(OSError):
                files.rename(target, path, wait_seconds=0)
        return old
    return new


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
