"""Backends: who opens scenes and renders frames for the farm.

The queue (farm/state/queue/frame_queue.py) decides which frame is rendered next; a backend has machines do it. `local`
is the one on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

LONGEST_FRAME = 24 * 3600.0
"""Seconds."""
TOO_SLOW = "too_slow"
"""Type of a failure: it took longer than it may."""


class WorkFailed(Exception):
    """A worker could not do what it was asked.

    name: sentences for the artist. type: a stable word. is_final: whether trying again cannot help.
    is_shortage: whether the cause is a shortage on the farm (disk, descriptors, memory), not the work.
    """

    def __init__(self, name: str, type_: str, *, is_final: bool = False, is_shortage: bool = False) -> None:
        super().__init__(name)
        self.is_shortage = is_shortage
        self.name = name
        self.type = type_
        self.is_final = is_final


class AttemptLost(Exception):
    """The machine that was rendering a frame is gone: the frame is rendered again, and no attempt is counted."""


@dataclass(frozen=True, slots=True)
class Package:
    """The file that an artist has uploaded for a job.

    key: of the object in the farm's storage. kind: "blend" or "zip". name: the artist's name of the file.
    """

    key: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The requirements that a job's frames have for a machine.

    version: of the Blender that saved the scene, "" when unknown. uses_gpu: whether it renders on a GPU if there is
    one. same_device: whether all frames must then be rendered on one kind of device, as GPUs and CPUs give slightly
    different pictures. device: the kind that its finished frames were rendered on, "" for none.
    """

    job_id: str
    version: str = ""
    uses_gpu: bool = True
    same_device: bool = False
    device: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file under a temporary key. sha256: in hex, checked. crc32: None while unknown."""

    key: str
    sha256: str
    crc32: int | None


Tile = Path | Arrived
"""Of a frame that is split: its file, or where it is among the farm's objects."""


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a frame that several slots render: a tile or, if the tiles are given, the merge of them.

    index: of the tile. count: of all tiles.
    """

    index: int
    count: int
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameTask:
    """One frame to render.

    config: checked, with the frames filled in. may_preview: whether a preview may be made of it.
    part: the part of the frame to render, None for all of it. A tile gives one file with all its passes.
    seconds: limit for the render.
    """

    job_id: str
    frame: int
    package: Package
    config: dict[str, Any]
    needs: Needs
    may_preview: bool = True
    part: Part | None = None
    seconds: float = LONGEST_FRAME


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file of a frame, still at its temporary place. file_name: its name according to the scene.

    arrived: where it is instead when it is among the farm's objects already.
    """

    path: Path
    relative_path: str
    view: str | None
    node: str | None
    file_name: str = ""
    arrived: Arrived | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """The result of one frame. folder: where its files are, to be removed once they are taken.

    node, device: the computer that rendered it and the kind of device; "" on the farm's own. arrived: a folder of
    objects, to be removed likewise, "" for none. unreadable: names of what Blender could not read for it, None if
    unknown.
    """

    folder: Path
    files: tuple[RenderedFile, ...]
    seconds: float
    preview: Path | Arrived | None
    node: str = ""
    device: str = ""
    arrived: str = ""
    unreadable: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FrameInHand:
    """A frame that a node renders now. seconds: since it was given out."""

    job_id: str
    frame: int
    seconds: float


@dataclass(frozen=True, slots=True)
class NodeState:
    """A computer that renders for the farm.

    id: the same when it comes back. name: of its key. device: the kind that it renders on. devices: its GPUs.
    state: "ready", "silent", "short" of disk or memory, "leaving", "stopped" or "set_aside".
    reason: why it gets no frames, "" while it does. frame_seconds: of a frame on average, None before the first.
    heard: seconds since it last answered.
    """

    id: str
    name: str
    host: str
    system: str
    device: str
    devices: tuple[str, ...]
    blender: str
    slots: int
    state: str
    reason: str
    frames: tuple[FrameInHand, ...]
    frames_done: int
    frame_seconds: float | None
    heard: float


class NodeDirectory(Protocol):
    """The nodes of a farm that has some."""

    mark: int
    """Grows when a node comes, goes, or gets another state."""

    def states(self) -> list[NodeState]:
        """Those that are connected, by name."""

    def use(self, node_id: str, *, is_used: bool) -> bool:
        """Stop giving a node frames, or start again; frames that it is rendering are finished.

        This is kept when the node leaves and returns. Returns whether there is such a node.
        """


class Packages(Protocol):
    """Where a backend's Blenders find the files that they open."""

    async def blend(self, job_id: str, package: Package) -> Path:
        """The .blend to open, in a folder of the job's own. Raises BadPackage, OSError."""


class Backend(Protocol):
    """Renders as many frames at a time as there is room for, and decides which slot takes a frame."""

    @property
    def directory(self) -> NodeDirectory | None:
        """The nodes that render; None if this computer does."""

    async def start(self, changed: Callable[[], None]) -> None:
        """changed: called whenever there may be room for one more frame."""

    async def stop(self) -> None:
        """End every process, at once."""

    def has_room(self, needs: Needs) -> bool:
        """Whether a frame with such needs would be rendered at once."""

    def capacity(self) -> int:
        """Frames that can be rendered at a time now."""

    def ready_jobs(self) -> Collection[str]:
        """Jobs whose files free workers have loaded: their frames can begin without loading anything."""

    def waits_for(self, needs: Needs) -> str:
        """What is missing before frames with such needs can be rendered at all; "" for nothing."""

    async def analyze(self, job_id: str, package: Package, waits_for: Callable[[str], None]) -> dict[str, Any]:
        """Open a scene and report what is in it.

        Args:
            job_id: whose scene it is; its Blender may stay open for the first frame.
            package: what was uploaded.
            waits_for: called with what is missing first, and with "" once it is there.

        Raises:
            WorkFailed: the file cannot be opened, or no Blender could.
            BadPackage: the upload is not a valid package.
            OSError: a fault of this computer's disk.
        """

    async def render(self, task: FrameTask, started: Callable[[dict[str, Any]], None]) -> Rendered:
        """Render one frame; takes its slot before the first await. When canceled, it ends its Blender.

        started: called with the final config once the scene is set up.
        Raises WorkFailed, AttemptLost, BadPackage, OSError.
        """

    async def release(self, job_id: str) -> None:
        """End every process that works or waits for a job, at once."""
