# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of a submission as footage: which files, which numbers, and the paths that a .blend should remember."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Image

from ...client.errors import LocalProblem
from ...courier.submission import FrameRecord, FrameState, Submission

_IN_PLACE = (FrameState.HERE, FrameState.SUSPECT)


@dataclass(frozen=True, slots=True)
class Footage:
    """Files of one picture stream, by frame.  files: number → absolute path; all of them lie in one folder."""

    submission_id: str
    name: str
    scene: str
    files: dict[int, Path]

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
        """A file name for every frame from the first to the last; a frame that is not here shows the one before it."""
        names: list[str] = []
        for number in range(self.first, self.last + 1):
            path = self.files.get(number)
            names.append(path.name if path else names[-1])
        return names


def of(submission: Submission, records: Iterable[FrameRecord]) -> Footage:
    """The footage of a submission's frames that are in place.  Raises LocalProblem when there is none yet.

    Compositor outputs may bring further streams; the one with the most frames is the picture.
    """
    streams: dict[Path, dict[int, Path]] = {}
    for record in records:
        if record.frame is not None and record.state in _IN_PLACE:
            path = Path(record.path)
            streams.setdefault(path.parent, {})[record.frame] = path
    if not streams:
        raise LocalProblem(
            f"No frame of {submission.name} is here yet.", "", "Wait for the first frame, then try again."
        )
    return Footage(submission.id, submission.name, submission.scene, max(streams.values(), key=len))


def remembered(path: Path) -> str:
    """The path as the .blend should keep it: relative once the file is saved."""
    if not bpy.data.filepath:
        return str(path)
    try:
        return bpy.path.relpath(str(path))
    except ValueError:  # another drive
        return str(path)


def image(footage: Footage) -> Image:
    """The footage as an Image datablock; the same one when asked again."""
    loaded = bpy.data.images.load(remembered(footage.files[footage.first]), check_existing=True)
    loaded.name = footage.name
    if len(footage.files) > 1:
        loaded.source = "SEQUENCE"
    return loaded


def set_range(user: object, footage: Footage) -> None:
    """Let an ImageUser, or a node that has the same properties, show frame N of the footage at frame N."""
    user.frame_start = footage.first
    user.frame_offset = footage.first - 1
    user.frame_duration = footage.last - footage.first + 1
    user.use_auto_refresh = True
