"""What Blender printed when frames failed, for a page: the last part of each log of a job."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

_MOST_LOGS = 20
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Log:
    """text: the end of the log. is_cut: whether there is more before it."""

    name: str
    text: str
    is_cut: bool


def have(folder: Path, job_id: str) -> bool:
    """Whether there are logs of a job, which must be known to the farm."""
    return (folder / job_id).is_dir()


def read(folder: Path, job_id: str) -> list[Log]:
    """The newest logs of a job, which must be known to the farm, newest first."""
    try:
        files = sorted((folder / job_id).iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    except OSError:
        return []
    found = []
    for file in files[:_MOST_LOGS]:
        with contextlib.suppress(OSError):  # a newer log has replaced it meanwhile
            if file.is_file() and not file.is_symlink():
                found.append(_log(file))
    return found


def _log(file: Path) -> Log:
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(max(0, size - _MOST_BYTES))
        text = opened.read().decode("utf-8", "replace")
    return Log(file.name, text, size > _MOST_BYTES)
