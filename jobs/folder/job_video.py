"""video.json in a job folder: the state of the job's movie, written by its requester and by the courier.

Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ...client import files
from ...client.message import Message, from_json
from .. import text

NAME = "video.json"
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class JobVideo:
    """is_wanted: the courier shall download it once it exists. path: of the downloaded file, or "".
    sha256: of the file. problem: why it could not be downloaded, or ""."""

    is_wanted: bool = False
    path: str = ""
    sha256: str = ""
    problem: str = ""

    @property
    def is_here(self) -> bool:
        return bool(self.path) and Path(self.path).is_file()


def read(folder: Path) -> JobVideo:
    """Read video.json; the defaults if it cannot be read."""
    try:
        found = json.loads(files.read_text(folder / NAME, _MAX_BYTES))
        problem = from_json(found["problem"]) if found["problem"] else ""
        return JobVideo(bool(found["is_wanted"]), str(found["path"]), str(found["sha256"]), problem)
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return JobVideo()


def write(folder: Path, video: JobVideo) -> None:
    """Write video.json atomically. Raises OSError."""
    problem = video.problem.as_json() if isinstance(video.problem, Message) else None
    files.write_text(folder / NAME, text.to_json({**asdict(video), "problem": problem}) + "\n")


def ask_for(folder: Path) -> None:
    """Have the courier download the movie; an earlier download stays recorded. Raises OSError."""
    before = read(folder)
    write(folder, JobVideo(True, before.path if before.is_here else "", before.sha256))
