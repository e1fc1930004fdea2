"""Engines: who opens scenes and renders frames for the farm.

The scheduler decides which frame is rendered when; an engine only does it.  `local` is the one on this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class WorkFailed(Exception):
    """A worker could not do what it was asked.

    name: sentences for the artist.  type: a stable word.  is_final: whether trying again cannot help.
    is_shortage: whether the farm lacks something (disk, descriptors, memory), which is no fault of the work.
    """

    def __init__(self, name: str, type_: str, *, is_final: bool = False, is_shortage: bool = False) -> None:
        super().__init__(name)
        self.is_shortage = is_shortage
        self.name = name
        self.type = type_
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file that a frame gave, still under its temporary place."""

    path: Path
    relative_path: str
    view: str | None
    node: str | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of one frame.  folder: where its files lie, to be removed once they are taken."""

    folder: Path
    files: tuple[RenderedFile, ...]
    seconds: float
    preview: Path | None


class Backend(Protocol):
    """slots: how many frames at a time."""

    slots: int

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """End every process, at once."""

    async def analyze(self, job_id: str, blend: Path) -> dict[str, Any]:
        """Open a scene and tell what is in it.  Raises WorkFailed."""

    async def prepare(self, slot: int, job_id: str, blend: Path, config: dict[str, Any]) -> dict[str, Any]:
        """Make a slot ready for a job's frames; returns the final config.  Raises WorkFailed."""

    async def render(self, slot: int, job_id: str, frame: int) -> Rendered:
        """Render one frame in a slot that is prepared for the job.  Raises WorkFailed."""

    async def release(self, job_id: str) -> None:
        """End every process that works for a job, at once."""
