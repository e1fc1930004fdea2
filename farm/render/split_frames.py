"""Frames that are split: which parts they have, where their tiles wait, and what came of all of them.

Tiles that are in place lie in the job's temporary folder: a farm that is killed renders only those that are missing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...client import files
from ...jobs.folder import path_limits
from ..state.frame_queue import Lease
from ..state.records import JobRecord
from ..state.store import Store
from . import tile_files
from .backend import Part, Rendered, WorkFailed

_log = logging.getLogger(__name__)
CHOICE = "splitFrames"
"""In the render config; ours, not the contract's."""
_PARTS_PER_SLOT, _MOST_PARTS = 2, 64
"""Tiles take unequal time: who is done first takes one more."""
_LEAST_PIXELS = 64 * 64
_TILE = re.compile(r"(\d{1,3})-(\d{1,3})\.exr")
BAD_TILES = "bad_tiles"
"""What a worker calls it when tiles do not fit together (worker/merging.py)."""
_DAMAGED = "damaged_tiles"


@dataclass
class _Split:
    """One frame. folder: where its tiles are. done: the tiles that are there. seconds, nodes: of their renders."""

    count: int
    folder: Path
    done: set[int] = field(default_factory=set)
    seconds: float = 0.0
    nodes: set[str] = field(default_factory=set)
    is_merging: bool = False

    def tile(self, index: int) -> Path:
        return self.folder / f"{index}-{self.count}.exr"


class SplitFrames:
    """work: where jobs have their temporary folders. slots: how many parts can be rendered at a time now."""

    def __init__(self, store: Store, work: Path, slots: Callable[[], int]) -> None:
        self._slots = slots
        self._store = store
        self._work = work
        self._frames: dict[tuple[str, int], _Split] = {}

    def parts(self, job_id: str, frame: int) -> list[int]:
        """What is left to do of a frame that is taken up; nothing for one that is not to be split.

        A frame is split when that was asked for, its scene allows it, and fewer frames than slots are left to render.
        """
        try:
            return self._parts(job_id, frame)
        except (OSError, sqlite3.OperationalError) as error:  # it is taken already, and must be rendered
            _log.warning("Job %s: frame %s is rendered whole (%s)", job_id, frame, error)
            return []

    def _parts(self, job_id: str, frame: int) -> list[int]:
        job = self._store.get(job_id)
        if not may_split(job):
            return []
        counts, slots = self._store.counts(job_id), self._slots()
        folder = self._folder(job_id) / str(frame)
        names = [_TILE.fullmatch(each.name) for each in folder.glob("*-*.exr")]
        there = [(int(name[1]), int(name[2])) for name in names if name and _is_whole(folder / name[0], unpacks=False)]
        count = there[0][1] if there else min(_PARTS_PER_SLOT * slots, _MOST_PARTS, _pixels(job) // _LEAST_PIXELS)
        if count < 2 or (not there and counts.pending + counts.rendering >= slots):
            return []
        split = _Split(count, folder, {index for index, whole in there if whole == count})
        self._frames[job_id, frame] = split
        missing = [index for index in range(count) if index not in split.done]
        split.is_merging = not missing
        _log.info("Job %s: frame %s is split into %s tiles, of which %s are there", job_id, frame, count, len(there))
        return missing or [count]

    def part(self, lease: Lease) -> Part | None:
        """In a backend's words."""
        if lease.part is None:
            return None
        split = self._frames[lease.job_id, lease.frame]
        if lease.part < split.count:
            return Part(lease.part, split.count)
        return Part(lease.part, split.count, tuple(map(split.tile, range(split.count))))

    def again(self, lease: Lease, error: WorkFailed) -> list[Lease]:
        """What is to be rendered again after a part has failed."""
        split = self._frames.get((lease.job_id, lease.frame))
        if split is None or error.type not in (BAD_TILES, _DAMAGED):
            return [lease]
        if error.type == BAD_TILES:
            split.done.clear()
        split.is_merging = False
        return [Lease(lease.job_id, lease.frame, index) for index in range(split.count) if index not in split.done]

    def gives_frame(self, lease: Lease) -> bool:
        """Whether a frame comes of it, and no tile."""
        split = self._frames.get((lease.job_id, lease.frame))
        return lease.part is None or (split is not None and lease.part == split.count)

    async def keep(self, lease: Lease, rendered: Rendered) -> Lease | None:
        """Put a tile in place. Returns what is to be done next when it was the last one. Raises WorkFailed, OSError."""
        split = self._frames.get((lease.job_id, lease.frame))
        if split is None or lease.part is None:
            return None
        if len(rendered.files) != 1:
            raise WorkFailed("Blender gave more than one file for a tile.", "bad_answer")
        await asyncio.to_thread(_put, rendered, split.tile(lease.part))
        split.done.add(lease.part)
        split.seconds += rendered.seconds
        split.nodes.add(rendered.node)
        if len(split.done) < split.count or split.is_merging:
            return None
        split.is_merging = True
        damaged = [each for each in sorted(split.done) if not await asyncio.to_thread(_is_whole, split.tile(each))]
        if damaged:
            split.done -= set(damaged)
            raise WorkFailed(f"{len(damaged)} parts of the frame were damaged before they were put together.", _DAMAGED)
        return Lease(lease.job_id, lease.frame, split.count)

    def of_all(self, lease: Lease, rendered: Rendered) -> Rendered:
        """A merged frame, with the time and the nodes of all its parts."""
        split = self._frames.get((lease.job_id, lease.frame))
        if split is None or lease.part is None:
            return rendered
        nodes = ", ".join(sorted({*split.nodes, rendered.node} - {""}))
        return dataclasses.replace(rendered, seconds=rendered.seconds + split.seconds, node=nodes)

    async def drop(self, job_id: str, frame: int) -> None:
        """A frame is done: its tiles are no longer needed."""
        split = self._frames.pop((job_id, frame), None)
        if split is not None:
            await asyncio.to_thread(files.remove_tree, split.folder)

    def forget(self, job_id: str) -> None:
        """A job is over; its temporary folder is removed with it."""
        self._frames = {key: split for key, split in self._frames.items() if key[0] != job_id}

    def _folder(self, job_id: str) -> Path:
        return self._work / path_limits.work_name(job_id) / "t"


def may_split(job: JobRecord) -> bool:
    """Whether its frames may be split, by what was asked for and what validation found in the scene."""
    config, analysis = job.config or {}, job.analysis or {}
    engine = config.get("renderEngine") or analysis.get("engine")
    return bool(config.get(CHOICE)) and engine == "CYCLES" and analysis.get("wholeBecause") == ""


def _pixels(job: JobRecord) -> int:
    """Of a frame; 0 where the analysis, which a hostile scene may have written, names no resolution."""
    config: dict[str, Any] = {**(job.analysis or {}), **(job.config or {})}
    try:
        width, height = config["resolution"]
        return int(width * height * (config["resolutionPercentage"] / 100) ** 2)
    except (KeyError, TypeError, ValueError, OverflowError):
        return 0


def _is_whole(tile: Path, *, unpacks: bool = True) -> bool:
    return tile.is_file() and tile_files.is_whole(tile, unpacks=unpacks)


def _put(rendered: Rendered, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    files.replace(rendered.files[0].path, place)
    files.remove_tree(rendered.folder)
