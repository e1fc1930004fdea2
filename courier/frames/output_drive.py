"""Whether the drive that frames go to is still there: drive.json in the job folder says where it was mounted.

A mount point stays when its drive is removed. Frames written there would fill the system disk, and the drive would
hide them when it is mounted again. Device numbers do not help: drives get a new one with each mount. On Windows, a
drive letter disappears with its drive.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...client import files
from ...client.errors import DriveGone
from ...client.message import msg
from ...jobs import text
from ...jobs.folder.job_folder import Output

_NAME = "drive.json"


def remember(job_folder: Path, output: Output) -> None:
    """Record where the drives of a job's output are mounted, unless that is recorded already."""
    known = job_folder / _NAME
    with suppress(OSError):  # without it frames are written as if it were the same drive
        if not known.exists():
            mounts = {str(mount): str(_existing(folder)) for folder in _folders(output) if (mount := _mount(folder))}
            files.write_text(known, text.to_json(mounts) + "\n")


def check(job_folder: Path, output: Output) -> None:
    """Raise DriveGone when a drive of the output is no longer mounted where it was."""
    try:
        known = json.loads(files.read_text(job_folder / _NAME))
        gone = [mount for mount, folder in known.items() if _is_gone(Path(mount), Path(folder))]
    except (OSError, ValueError, AttributeError, TypeError):
        return
    for folder in _folders(output):
        if any(folder.is_relative_to(mount) for mount in gone):
            raise not_connected(folder)


def not_connected(folder: Path) -> DriveGone:
    """The error for a folder whose drive is missing."""
    return DriveGone(
        msg("The drive for {folder} is not connected.", folder=folder),
        "The frames stay on the server, and the render continues.",
        "Connect the drive; the download then continues. To use another folder, run `farmhand download`.",
    )


def _is_gone(mount: Path, existing: Path) -> bool:
    """existing: a folder that existed on the drive. If it still does, this process only sees mounts differently, as in
    a sandbox."""
    return not os.path.ismount(mount) and (existing == mount or not existing.exists())


def _folders(output: Output) -> Iterator[Path]:
    yield Path(output.folder)
    yield from (Path(pattern).parent for pattern in output.patterns if pattern)


def _mount(folder: Path) -> Path | None:
    """Where the folder's drive is mounted; None for the drive that the system itself is on, and for a drive letter."""
    found = next((place for place in (folder, *folder.parents) if os.path.ismount(place)), None)
    return None if found is None or found == Path(found.anchor) else found


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists() or place == Path(place.anchor))
