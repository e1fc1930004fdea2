"""Split frames: their parts, where their tiles are kept, and their results.

Stored tiles survive when a farm is killed: the next one renders only the missing ones.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...state.queue.frame_queue import Lease
from ...state.records import JobRecord
from ...state.store import Store
from ..backend import Part, Rendered, Tile, WorkFailed
from .tile_places import TilePlaces

_log = logging.getLogger(__name__)
CHOICE = "splitFrames"
"""In the render config; ours, not the contract's."""
_PARTS_PER_SLOT, _MOST_PARTS = 2, 64
"""Tiles take unequal time: who is done first takes one more."""
_LEAST_PIXELS = 64 * 64
BAD_TILES = "bad_tiles"
"""What a worker calls it when tiles do not fit together (worker/merging.py)."""
_DAMAGED = "damaged_tiles"


@dataclass
class _Split:
    """One frame. tiles: the finished ones. seconds, nodes: of their renders."""

    count: int
    tiles: dict[int, Tile]
    seconds: float = 0.0
    nodes: set[str] = field(default_factory=set)
    is_merging: bool = False

    @property
    def missing(self) -> list[int]:
        return [index for index in range(self.count) if index not in self.tiles]


class SplitFrames:
    """slots: how many parts can be rendered at a time now."""

    def __init__(self, store: Store, places: TilePlaces, slots: Callable[[], int]) -> None:
        self._slots = slots
        self._store = store
        self._places = places
        self._frames: dict[tuple[str, int], _Split] = {}

    def parts(self, job_id: str, frame: int) -> list[int]:
        """The remaining parts of a frame that is about to be rendered; empty if it is not to be split.

        A frame is split if that was requested, its scene allows it, and fewer frames than slots are left to render.
        """
        try:
            return self._parts(job_id, frame)
        except (OSError, sqlite3.OperationalError) as error:  # it is already taken, and must be rendered
            _log.warning("Job %s: frame %s is rendered whole (%s)", job_id, frame, error)
            return []

    def _parts(self, job_id: str, frame: int) -> list[int]:
        job = self._store.get(job_id)
        if not may_split(job):
            return []
        counts, slots = self._store.counts(job_id), self._slots()
        there = self._places.found(job_id, frame)
        count = (
            next(iter(there))[1] if there else min(_PARTS_PER_SLOT * slots, _MOST_PARTS, _pixels(job) // _LEAST_PIXELS)
        )
        if count < 2 or (not there and counts.pending + counts.rendering >= slots):
            return []
        split = _Split(count, {index: tile for (index, of), tile in there.items() if of == count and index < count})
        self._frames[job_id, frame] = split
        missing = split.missing
        split.is_merging = not missing
        _log.info(
            "Job %s: frame %s is split into %s tiles, of which %s are there", job_id, frame, count, len(split.tiles)
        )
        return missing or [count]

    def part(self, lease: Lease) -> Part | None:
        """The part as backends take it."""
        if lease.part is None:
            return None
        split = self._frames[lease.job_id, lease.frame]
        if lease.part < split.count:
            return Part(lease.part, split.count)
        return Part(lease.part, split.count, tuple(split.tiles[index] for index in range(split.count)))

    def again(self, lease: Lease, error: WorkFailed) -> list[Lease]:
        """The parts to render again after one has failed."""
        split = self._frames.get((lease.job_id, lease.frame))
        if split is None or error.type not in (BAD_TILES, _DAMAGED):
            return [lease]
        if error.type == BAD_TILES:
            split.tiles.clear()
        split.is_merging = False
        return [Lease(lease.job_id, lease.frame, index) for index in split.missing]

    def gives_frame(self, lease: Lease) -> bool:
        """Whether the part gives the whole frame, not a tile."""
        split = self._frames.get((lease.job_id, lease.frame))
        return lease.part is None or (split is not None and lease.part == split.count)

    async def keep(self, lease: Lease, rendered: Rendered) -> Lease | None:
        """Store a tile. Returns what to do next if it was the last one.

        Raises WorkFailed, OSError; after an OSError it may be called again.
        """
        split = self._frames.get((lease.job_id, lease.frame))
        if split is None or lease.part is None:
            return None
        if len(rendered.files) != 1:
            raise WorkFailed("Blender gave more than one file for a tile.", "bad_answer")
        if lease.part not in split.tiles:  # already stored before a shortage interrupted this
            number = lease.part, split.count
            tile = await asyncio.to_thread(self._places.put, lease.job_id, lease.frame, number, rendered)
            split.tiles[lease.part] = tile
            split.seconds += rendered.seconds
            split.nodes.add(rendered.node)
        if split.missing or split.is_merging:
            return None
        split.is_merging = True
        try:
            await asyncio.to_thread(self._drop_damaged, split)
        except OSError:
            split.is_merging = False
            raise
        return Lease(lease.job_id, lease.frame, split.count)

    def _drop_damaged(self, split: _Split) -> None:
        """Raises WorkFailed, OSError."""
        damaged = [index for index, tile in split.tiles.items() if not self._places.is_whole(tile)]
        for index in damaged:
            del split.tiles[index]
        if damaged:
            raise WorkFailed(f"{len(damaged)} parts of the frame were damaged before they were put together.", _DAMAGED)

    def of_all(self, lease: Lease, rendered: Rendered) -> Rendered:
        """A merged frame, with the time and the nodes of all its parts."""
        split = self._frames.get((lease.job_id, lease.frame))
        if split is None or lease.part is None:
            return rendered
        nodes = ", ".join(sorted({*split.nodes, rendered.node} - {""}))
        return dataclasses.replace(rendered, seconds=rendered.seconds + split.seconds, node=nodes)

    async def find(self) -> None:
        """Find the tiles that an earlier farm has left."""
        await asyncio.to_thread(self._places.read_bucket)

    async def drop(self, job_id: str, frame: int) -> None:
        """Remove the tiles of a finished frame."""
        split = self._frames.pop((job_id, frame), None)
        if split is not None:
            await asyncio.to_thread(self._places.remove, job_id, frame)

    def forget(self, job_id: str) -> None:
        """Forget a job that is over; its remaining tiles are removed with its other temporary files."""
        self._frames = {key: split for key, split in self._frames.items() if key[0] != job_id}


def may_split(job: JobRecord) -> bool:
    """Whether its frames may be split, according to the request and to what validation found in the scene."""
    config, analysis = job.config or {}, job.analysis or {}
    engine = config.get("renderEngine") or analysis.get("engine")
    return bool(config.get(CHOICE)) and engine == "CYCLES" and analysis.get("wholeBecause") == ""


def _pixels(job: JobRecord) -> int:
    """Pixels of a frame; 0 if the analysis, which a hostile scene may have written, has no resolution."""
    config: dict[str, Any] = {**(job.analysis or {}), **(job.config or {})}
    try:
        width, height = config["resolution"]
        return int(width * height * (config["resolutionPercentage"] / 100) ** 2)
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0
