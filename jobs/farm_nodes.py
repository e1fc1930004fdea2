"""The computers that render for a farm, as the farm reports them. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FarmNode:
    """One computer.

    state: from the farm: ready, silent, short, leaving, stopped or set_aside; reason: the farm's sentence, or "".
    busy: slots in use; frames: those being rendered that may be seen. frame_seconds: on average, or None.
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
    busy: int
    frames: tuple[int, ...]
    frames_done: int
    frame_seconds: float | None

    @property
    def is_used(self) -> bool:
        """Whether the farm gives it frames when it can take some."""
        return self.state not in ("stopped", "set_aside")


@dataclass(frozen=True, slots=True)
class FarmNodes:
    """has_nodes: whether the server is a farm that renders on nodes. can_change: whether the key may stop them.

    slots: how many frames the farm can render at a time; 0 if the server is not a farm.
    """

    has_nodes: bool = False
    can_change: bool = False
    nodes: tuple[FarmNode, ...] = ()
    slots: int = 0


@dataclass(frozen=True, slots=True)
class JobNodes:
    """Which nodes rendered a job. nodes: name, device, and frames as ranges. same_device: on one kind of device."""

    job_id: str = ""
    same_device: bool = True
    nodes: tuple[tuple[str, str, str], ...] = ()


def read_job(told: Mapping[str, Any]) -> JobNodes:
    """Read what `client/__main__.py` prints about one job."""
    nodes = tuple((each["name"], each["device"], ", ".join(each["frames"])) for each in told["nodes"])
    return JobNodes(told["job_id"], bool(told["same_device"]), nodes)


def read(told: Mapping[str, Any]) -> FarmNodes:
    """Read what `client/__main__.py` prints about a farm's nodes."""
    nodes = tuple(
        FarmNode(**{**each, "devices": tuple(each["devices"]), "frames": tuple(each["frames"])})
        for each in told["nodes"]
    )
    return FarmNodes(bool(told["has_nodes"]), bool(told["can_change"]), nodes, int(told["slots"]))
