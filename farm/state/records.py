"""The farm's records: uploads, jobs, frames, and the resulting files."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Upload:
    """bytes: None until the file has arrived. expires: Unix seconds. workspace_id: "" for the farm's first one."""

    slug: str
    file_name: str
    file_type: str
    expires: float
    bytes: int | None
    workspace_id: str = ""

    @property
    def key(self) -> str:
        return f"uploads/{self.slug}.{self.file_type}"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """requested: the config as posted, None until the render is started. config: with the frames filled in.
    video: key, frames, fps, width, height, bytes, sha256 of a movie; {} for none, or with a notice that says why;
    None before it was tried.

    links_until: when the last link to a frame of a job that is over stops working. is_deleted: its files are gone.
    output_bytes: of all files of its frames. unpacked_bytes: of its zip, which take room until the job is over.
    priority: within its workspace, see frame_queue. is_paused: no frame of it is started. ends_first: its first, middle
    and last frame are rendered before the others.
    same_device: all of its frames are rendered on one kind of device.
    """

    id: str
    number: int
    status: str
    slug: str
    workspace_id: str
    created: float
    updated: float
    render_seconds: float
    preview: str
    failed_name: str
    failed_type: str
    requested: dict[str, Any] | None
    config: dict[str, Any] | None
    final: dict[str, Any] | None
    analysis: dict[str, Any] | None
    video: dict[str, Any] | None
    links_until: float
    is_deleted: bool
    output_bytes: int
    priority: int
    is_paused: bool
    ends_first: bool
    same_device: bool
    unpacked_bytes: int

    @property
    def key(self) -> str:
        """The folder of the job's objects."""
        return f"jobs/{self.id}"


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One file of a frame.

    relative_path: below the output; also its place among the job's objects.
    file_name: its name according to the scene. crc32: for zips; None for a file of an older farm.
    unreadable: names of what Blender could not read for the frame; None where unknown.
    """

    frame: int
    relative_path: str
    view: str | None
    node: str | None
    bytes: int
    sha256: str
    file_name: str = ""
    crc32: int | None = None
    unreadable: tuple[str, ...] | None = None

    @property
    def shown_name(self) -> str:
        return self.file_name or self.relative_path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A webhook that is still to be delivered. attempts: so far. due: Unix seconds."""

    job_id: str
    event: str
    attempts: int
    due: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames of a job by state."""

    total: int
    pending: int
    rendering: int
    completed: int
    failed: int


def iso(seconds: float) -> str:
    """Unix seconds as the API writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> float:
    return time.time()
