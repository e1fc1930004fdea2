"""Where the tiles of a frame are kept until it is complete: on the farm's disk, or in the bucket if they are there.

They are found again after the farm was killed.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from ....client import files
from ....jobs.folder import path_limits
from ...objects.objects import TILES, Objects
from ..backend import Arrived, Rendered, Tile
from . import tile_files

_log = logging.getLogger(__name__)
_ON_DISK = re.compile(r"(\d{1,3})-(\d{1,3})\.exr")
_IN_BUCKET = re.compile(TILES + r"/([\w-]+)/(-?\d{1,9})/(\d{1,3})-(\d{1,3})-([0-9a-f]{64})")

Tiles = dict[tuple[int, int], Tile]
"""By the number of a tile and that of all tiles of its frame."""


class TilePlaces:
    """work: where jobs have their temporary folders. objects: for tiles of nodes, None without nodes."""

    def __init__(self, work: Path, objects: Objects | None) -> None:
        self._work = work
        self._objects = objects
        self._left: dict[tuple[str, int], Tiles] = {}
        """What an earlier farm has left in the bucket, by job and frame."""

    def read_bucket(self) -> None:
        """List the tiles in the bucket, before the first frame is started. Waits for a network."""
        try:
            there = self._objects.sizes(TILES) if self._objects is not None else {}
        except OSError as error:
            _log.warning("Tiles in the bucket are rendered again (%s)", error.strerror or error)
            return
        for key in there:
            if name := _IN_BUCKET.fullmatch(key):
                tiles = self._left.setdefault((name[1], int(name[2])), {})
                tiles[int(name[3]), int(name[4])] = Arrived(key, name[5], None)

    def found(self, job_id: str, frame: int) -> Tiles:
        """The tiles of a frame that are there."""
        tiles = self._left.pop((job_id, frame), {})
        folder = self._folder(job_id, frame)
        for name in filter(None, (_ON_DISK.fullmatch(each.name) for each in folder.glob("*-*.exr"))):
            if _is_whole(folder / name[0], unpacks=False):
                tiles[int(name[1]), int(name[2])] = folder / name[0]
        return tiles

    def put(self, job_id: str, frame: int, number: tuple[int, int], rendered: Rendered) -> Tile:
        """Store a tile, which may already be stored. Waits for a disk or a network.

        Args:
            job_id: of the frame's job.
            number: of the tile, and how many there are.
            rendered: its one file; the folder around it is removed.

        Raises:
            OSError: a fault of the disk, the network, or the bucket.
        """
        (file,) = rendered.files
        name = f"{number[0]}-{number[1]}"
        if file.arrived is None or self._objects is None:
            place = self._folder(job_id, frame) / f"{name}.exr"
            place.parent.mkdir(parents=True, exist_ok=True)
            files.replace(file.path, place)
            files.remove_tree(rendered.folder)
            return place
        kept = Arrived(f"{TILES}/{job_id}/{frame}/{name}-{file.arrived.sha256}", file.arrived.sha256, None)
        self._objects.copy(file.arrived.key, kept.key)
        self._remove_objects(rendered.arrived)
        files.remove_tree(rendered.folder)
        return kept

    def is_whole(self, tile: Tile) -> bool:
        """Whether it can be merged: the program that downloads a tile from a bucket checks its SHA-256.

        Raises OSError.
        """
        if isinstance(tile, Path):
            return _is_whole(tile, unpacks=True)
        try:
            return self._objects is not None and self._objects.size(tile.key) > 0
        except FileNotFoundError:
            return False

    def remove(self, job_id: str, frame: int) -> None:
        """Remove all tiles of a frame."""
        files.remove_tree(self._folder(job_id, frame))
        self._remove_objects(f"{TILES}/{job_id}/{frame}")

    def _remove_objects(self, key: str) -> None:
        try:
            if self._objects is not None:
                self._objects.remove(key)
        except OSError as error:  # removed with the job's other remains
            _log.warning("%s is removed later (%s)", key, error.strerror or error)

    def _folder(self, job_id: str, frame: int) -> Path:
        return self._work / path_limits.work_name(job_id) / "t" / str(frame)


def _is_whole(tile: Path, *, unpacks: bool) -> bool:
    return tile.is_file() and tile_files.is_whole(tile, unpacks=unpacks)
