"""How full the farm's disk is. Uploads pause before renders run out of space, so that running jobs can finish."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ...errors import ApiError
from ..database import Database

AGAIN_SECONDS = 60
"""What a client waits whose upload has no room."""
_GIB = 1024**3
_MOST_RESERVED = 2 * _GIB
_RESERVED_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """Bytes. total, free: of the disk. uploads, frames: stored by the farm. reserve: that uploads leave free.

    objects: where the farm stores them, as in --objects; "" for the same disk.
    """

    total: int
    free: int
    uploads: int
    frames: int
    reserve: int
    objects: str = ""

    @property
    def is_low(self) -> bool:
        """Whether uploads pause."""
        return self.free < self.reserve


class Disk:
    """The disk of one farm.

    reserve: bytes that uploads leave free, None for a small share of the disk. objects: as in DiskUsage.
    """

    def __init__(self, folder: Path, database: Database, reserve: int | None, objects: str = "") -> None:
        self._folder = folder
        self._db = database
        self._reserve = reserve
        self._objects = objects

    def usage(self) -> DiskUsage:
        """Raises OSError if the disk cannot be queried."""
        disk = shutil.disk_usage(self._folder)
        uploads = self._db.number("SELECT sum(bytes) FROM uploads")
        frames = self._db.number("SELECT sum(output_bytes) FROM jobs WHERE output_bytes > 0")
        return DiskUsage(disk.total, disk.free, uploads, frames, self._reserved(disk.total), self._objects)

    def check_upload(self, more: int = 0) -> None:
        """Check that this many bytes fit without using the reserve. Raises ApiError (503)."""
        disk = shutil.disk_usage(self._folder)
        if disk.free - more < self._reserved(disk.total):
            raise ApiError(
                503,
                "disk_low",
                "The farm's disk is nearly full, so it accepts no more files; renders continue. "
                "Uploads continue once old jobs are removed.",
                retry_after=AGAIN_SECONDS,
            )

    def _reserved(self, total: int) -> int:
        return self._reserve if self._reserve is not None else min(_MOST_RESERVED, int(total * _RESERVED_SHARE))
