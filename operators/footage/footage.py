"""The frames of a submission as footage: files, frame numbers, and the paths that a .blend should store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...client.errors import LocalProblem
from ...client.message import msg
from ...jobs.journal.journal import Journal
from ...jobs.journal.submission import IN_PLACE, FrameRecord, Submission
from ...jobs.user_folder import UserFolder
from ...ui.jobs.job_row import Row

MARK = "farmhand_submission"
"""On a strip or an image in the file: the render whose frames it shows, by the id of any of its submissions."""
COUNT = "farmhand_frames"
"""Beside the mark: how many frames were here when it was last brought up to date."""


@dataclass(frozen=True, slots=True)
class Footage:
    """Files of one picture stream, by frame. files: number → absolute path; all of them are in one folder.

    done: downloaded frames of the render; total: those that it will have.
    """

    submission_id: str
    name: str
    scene: str
    files: dict[int, Path]
    done: int
    total: int

    @property
    def is_sequence(self) -> bool:
        return max(self.total, len(self.files)) > 1

    @property
    def first(self) -> int:
        return min(self.files)

    @property
    def last(self) -> int:
        return max(self.files)

    @property
    def folder(self) -> Path:
        return self.files[self.first].parent

    def held(self) -> list[str]:
        """A file name for every frame from the first to the last; a missing frame shows the one before it."""
        names: list[str] = []
        for number in range(self.first, self.last + 1):
            path = self.files.get(number)
            names.append(path.name if path else names[-1])
        return names


def records_of(home: UserFolder, row: Row, busy_seconds: float = 5.0) -> list[FrameRecord]:
    """The files of all submissions of a render, oldest first: a frame that was rendered again comes last.

    Args:
        busy_seconds: how long to wait for a journal that another process writes to.

    Raises:
        FarmhandError: the journal cannot be read.
    """
    return [record for one in row.parts for record in records_of_part(home, one, busy_seconds)]


def records_of_part(home: UserFolder, one: Submission, busy_seconds: float = 5.0) -> list[FrameRecord]:
    """The files of one submission.

    Args:
        busy_seconds: how long to wait for a journal that another process writes to.

    Raises:
        FarmhandError: the journal cannot be read.
    """
    with Journal(home.journal, busy_seconds=busy_seconds) as journal:
        return journal.frames(one.id)


def footage_of(row: Row, records: Iterable[FrameRecord]) -> Footage:
    """The footage of a render's downloaded frames. Raises LocalProblem if there is none yet.

    Compositor outputs may add further streams; the one with the most frames is used.
    """
    submission = row.submission
    streams: dict[Path, dict[int, Path]] = {}
    for record in records:
        if record.frame is not None and record.state in IN_PLACE:
            path = Path(record.path)
            streams.setdefault(path.parent, {})[record.frame] = path
    if not streams:
        raise LocalProblem(
            msg("No frames of {name} have been downloaded yet.", name=submission.name),
            "",
            "Wait for the first frame, then try again.",
        )
    files = max(streams.values(), key=len)
    return Footage(
        submission.id, submission.name, submission.scene, files, submission.frames_done, submission.frames_total
    )


def remembered(path: Path) -> str:
    """The path as the .blend should store it: relative once the file is saved."""
    if not bpy.data.filepath:
        return str(path)
    try:
        return bpy.path.relpath(str(path))
    except ValueError:  # another drive
        return str(path)
