"""Backends: who opens scenes and renders frames for the farm.

The scheduler decides which frame is rendered next; a backend has machines do it. `local` is the one on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class WorkFailed(Exception):
    """A worker could not do what it was asked.

    name: sentences for the artist. type: a stable word. is_final: whether trying again cannot help.
    is_shortage: whether the farm lacks something (disk, descriptors, memory), which is no fault of the work.
    """

    def __init__(self, name: str, type_: str, *, is_final: bool = False, is_shortage: bool = False) -> None:
        super().__init__(name)
        self.is_shortage = is_shortage
        self.name = name
        self.type = type_
        self.is_final = is_final


class AttemptLost(Exception):
    """The machine that was at work on a frame is gone: the frame is rendered again, and no attempt is counted."""


@dataclass(frozen=True, slots=True)
class Package:
    """What an artist has uploaded for a job.

    key: of the object in the farm's storage. kind: "blend" or "zip". name: the artist's name of the file.
    """

    key: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class FrameTask:
    """One frame to render.

    config: checked, with the frames filled in. version: of the Blender that saved the scene, "" when unknown.
    may_preview: whether a small picture may be made of it.
    """

    job_id: str
    frame: int
    package: Package
    config: dict[str, Any]
    version: str
    may_preview: bool = True


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file that a frame gave, still under its temporary place. file_name: what the scene would have called it."""

    path: Path
    relative_path: str
    view: str | None
    node: str | None
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of one frame. folder: where its files lie, to be removed once they are taken."""

    folder: Path
    files: tuple[RenderedFile, ...]
    seconds: float
    preview: Path | None


class Packages(Protocol):
    """Where a backend's Blenders find what they open."""

    async def blend(self, job_id: str, package: Package) -> Path:
        """The .blend to open, in a folder of the job's own. Raises BadPackage, OSError."""


class Backend(Protocol):
    """Renders as many frames at a time as there is room for; which slot takes a frame is its own affair."""

    async def start(self, changed: Callable[[], None]) -> None:
        """changed: to be called whenever there may be room for one more frame."""

    async def stop(self) -> None:
        """End every process, at once."""

    def has_room(self, version: str) -> bool:
        """Whether a frame of a scene of this version would be rendered at once."""

    def capacity(self) -> int:
        """Frames that can be rendered at a time now."""

    def ready_jobs(self) -> Collection[str]:
        """Jobs whose files free workers have loaded: their frames can begin without loading anything."""

    def waits_for(self, version: str) -> str:
        """What must be there before frames of this version can be rendered at all; "" for nothing."""

    async def analyze(self, job_id: str, package: Package, waits_for: Callable[[str], None]) -> dict[str, Any]:
        """Open a scene and tell what is in it. Raises WorkFailed, BadPackage, OSError.

        waits_for: called with what must be there first, and with "" once it is.
        """

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        """Render one frame; takes its room before it first waits. Canceled, it ends the Blender that is at work.

        started: called with the final config once the scene is set up.
        Raises WorkFailed, AttemptLost, BadPackage, OSError.
        """

    async def release(self, job_id: str) -> None:
        """End every process that works or waits for a job, at once."""
