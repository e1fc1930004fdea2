"""The user folder: where the journal, the job folders, the farm's data and the logs lie.  Standard library only."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


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
    """The user folder: FARMHAND_HOME, else the extension's own one, else the platform's place for user data."""
    chosen = os.environ.get("FARMHAND_HOME") or extension_folder
    return UserFolder(Path(chosen).absolute() if chosen else _platform_folder() / "farmhand")


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
