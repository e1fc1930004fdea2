"""The nodes of a farm: what each is and is working on, and which one gets the next frame."""

from __future__ import annotations

import functools
import hashlib
import re
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..options import ANY, NEWER, SAME
from ..render.backend import Needs

CPU = "CPU"
_GPUS = frozenset({"OPTIX", "CUDA", "HIP", "METAL", "ONEAPI"})
_STRIKES = 3
_SHORT = "The nodes that could take this job lack disk space or memory. They are tried again soon."


class NodeFacts(BaseModel):
    """What a node reports about itself when it joins. label: tells nodes with one key on one computer apart."""

    model_config = ConfigDict(extra="ignore")
    host: str = Field(max_length=100, pattern=r"^[\w. -]+$")
    label: str = Field(default="", max_length=100, pattern=r"^[\w. -]*$")
    system: str = Field(max_length=100, pattern=r"^[\w. -]*$")
    slots: int = Field(ge=1, le=256)
    blender: str = Field(max_length=40, pattern=r"^\d+\.\d+[\w. -]*$")
    devices: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=64)


@dataclass(eq=False)
class Node:
    """name: of its key. rendering: frames in its slots.

    warm: jobs whose frames it rendered last; its Blenders most likely still have them loaded.
    done: frames that it rendered or merged. alone, seconds: frames that it rendered as a whole, and their time.
    struck: frames that failed here and succeeded on another node.
    aside: why it gets no more frames, "" while it does. is_stopped: whether a person stopped it.
    rests_until: end of the pause while it lacks disk or memory; monotonic seconds.
    """

    address: str
    key_id: str
    name: str
    facts: NodeFacts
    rendering: int = 0
    analyzing: int = 0
    warm: list[str] = field(default_factory=list)
    done: int = 0
    alone: int = 0
    seconds: float = 0.0
    struck: int = 0
    aside: str = ""
    is_draining: bool = False
    is_stopped: bool = False
    rests_until: float = 0.0

    @property
    def free(self) -> int:
        return max(0, self.facts.slots - self.rendering) if self.is_usable and not self.is_resting else 0

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self.rests_until

    @property
    def is_usable(self) -> bool:
        return not (self.aside or self.is_draining or self.is_stopped)

    @property
    def identity(self) -> str:
        """Identifies the machine when it reconnects."""
        return f"{self.key_id}/{self.facts.host}" + (f"/{self.facts.label}" if self.facts.label else "")

    @property
    def id(self) -> str:
        """The identity, in a form that can be part of a URL."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:16]

    @property
    def device(self) -> str:
        """The kind of device on which it renders what asks for a GPU: OPTIX, CUDA, HIP, METAL, ONEAPI, or CPU."""
        kind = self.facts.devices[0].partition(":")[0] if self.facts.devices else CPU
        return kind if kind in _GPUS else CPU


class NodeTable:
    """policy: one of BLENDER_VERSIONS."""

    def __init__(self, policy: str = SAME) -> None:
        self._policy = policy
        self._nodes: dict[str, Node] = {}
        self._strikes: dict[str, int] = {}
        self._failed: dict[tuple[str, int, int | None], set[str]] = {}
        """Nodes on which a frame, or a part of one, has failed."""
        self._devices: dict[str, str] = {}
        """The kind of device that jobs have begun on which stay on one."""

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(list(self._nodes.values()))

    def add(self, node: Node) -> None:
        node.struck = self._strikes.get(node.identity, 0)
        if node.struck >= _STRIKES:
            node.aside = _aside(node)
        self._nodes[node.address] = node

    def remove(self, address: str) -> Node | None:
        return self._nodes.pop(address, None)

    def get(self, address: str) -> Node | None:
        return self._nodes.get(address)

    def forgive(self, node_id: str) -> None:
        """Forget the failures of nodes with this id."""
        for node in self._nodes.values():
            if node.id == node_id:
                node.struck, node.aside = 0, ""
                self._strikes.pop(node.identity, None)

    def room(self, needs: Needs) -> int:
        return sum(node.free for node in self._fitting(needs))

    def waits_for(self, needs: Needs, problem: str = "") -> str:
        """Why no frame with such needs can be rendered, "" if it can. problem: why there may be no nodes."""
        if not any(node.is_usable for node in self._nodes.values()):
            if self._nodes:
                return "No node of the farm takes frames now. Rendering starts when one does."
            advice = problem or "Rendering starts when one is: farmhand node ADDRESS --key FILE."
            return f"No node is connected to the farm. {advice}"
        fitting = list(self._fitting(needs))
        if fitting:
            return _SHORT if all(node.is_resting for node in fitting) else ""
        version = needs.version
        if any(self._with_version(version)):
            return (
                f"The frames of this job so far were rendered with {self.device_for(needs)}, and no such node is "
                "connected. Start one, or turn Same Kind of Device off for this job on the farm's web page."
            )
        there = ", ".join(sorted({_short(node.facts.blender) for node in self._nodes.values() if node.is_usable}))
        return (
            f"No node has Blender {_short(version)}, with which this scene was saved (nodes have {there}). Start a "
            "node with that version, or start the farm with --blender-versions newer to render with newer ones as well."
        )

    def for_frame(self, needs: Needs, frame: int, part: int | None = None) -> Node | None:
        """Where a frame, or a part of it, is rendered.

        Args:
            needs: what the job asks of a node.
            part: the number of the tile; None for a whole frame.

        Returns:
            The least busy node that fits, preferring one that has the job open; None while only nodes
            on which it has failed, or with the same key, have room, and there are others.
        """
        job_id = needs.job_id
        failed = self._failed.get((job_id, frame, part), set())
        fitting = list(self._fitting(needs))
        free = [node for node in _others(fitting, failed) or fitting if node.free]
        node = min(free, key=lambda node: (job_id not in node.warm, node.rendering / node.facts.slots), default=None)
        if node is not None and needs.same_device and needs.uses_gpu:
            self._devices[job_id] = node.device
        return node

    def device_for(self, needs: Needs) -> str:
        """The kind of device that a job stays on: the one it began on; before that, a GPU if any node has one, of the
        kind with most slots."""
        if known := self._devices.get(needs.job_id) or needs.device:
            return known
        slots: Counter[str] = Counter()
        for node in self._with_version(needs.version):
            slots[node.device] += node.facts.slots
        return max(slots, key=lambda kind: (kind != CPU, slots[kind], kind), default="")

    def for_analysis(self, version: str, avoided: Collection[str] = ()) -> Node | None:
        """The least busy of the nodes that may render the scene or, if its version is unknown, that have the newest
        Blender. avoided: by identity; other keys are preferred too."""
        fitting = _others(self._with_version(version), avoided)
        if not version:
            newest = max((_numbers(node.facts.blender) for node in fitting), default=())
            fitting = [node for node in fitting if _numbers(node.facts.blender) == newest]
        return min(fitting, key=lambda node: (node.analyzing, node.rendering / node.facts.slots), default=None)

    def failed(self, node: Node, needs: Needs, frame: int, part: int | None = None) -> bool:
        """Note that a frame, or a part of it, could not be rendered on a node.

        Args:
            node: where it failed.
            needs: what the job asks of a node.
            part: the number of the tile; None for a whole frame.

        Returns:
            Whether there is another node that could try.
        """
        failed = self._failed.setdefault((needs.job_id, frame, part), set())
        failed.add(node.identity)
        return any(each.identity not in failed for each in self._fitting(needs))

    def rendered(self, node: Node, job_id: str, frame: int, seconds: float, part: int | None = None) -> list[Node]:
        """Note that a frame, or a part of it, was rendered.

        Args:
            node: where.
            job_id: whose frame it is; the node now has this job open.
            seconds: that it took; for a part, they do not count toward the node's speed.
            part: the number of the tile; None for a whole frame.

        Returns:
            The nodes that are now set aside: they failed too often where others succeeded.
        """
        node.warm = [*(each for each in node.warm if each != job_id), job_id][-node.facts.slots :]
        if part is None:
            node.alone += 1
            node.seconds += seconds
        newly = []
        for identity in self._failed.pop((job_id, frame, part), set()) - {node.identity}:
            self._strikes[identity] = self._strikes.get(identity, 0) + 1
            for each in self._nodes.values():
                if each.identity == identity:
                    each.struck = self._strikes[identity]
                    if each.struck >= _STRIKES and not each.aside:
                        each.aside = _aside(each)
                        newly.append(each)
        return newly

    def warm_jobs(self) -> set[str]:
        """Jobs that are loaded in free slots."""
        return {job_id for node in self._nodes.values() if node.free for job_id in node.warm}

    def forget(self, job_id: str) -> None:
        for node in self._nodes.values():
            node.warm = [each for each in node.warm if each != job_id]
        self._failed = {key: value for key, value in self._failed.items() if key[0] != job_id}
        self._devices.pop(job_id, None)

    def _fitting(self, needs: Needs) -> Iterable[Node]:
        if not (needs.same_device and needs.uses_gpu):
            return self._with_version(needs.version)
        device = self.device_for(needs)
        return (node for node in self._with_version(needs.version) if node.device == device)

    def _with_version(self, version: str) -> Iterable[Node]:
        return (node for node in self._nodes.values() if node.is_usable and self._fits(node.facts.blender, version))

    def _fits(self, blender: str, version: str) -> bool:
        has, needs = _numbers(blender), _numbers(version)
        if not needs or self._policy == ANY:
            return True
        return has == needs or (self._policy == NEWER and has > needs)


def _others(nodes: Iterable[Node], avoided: Collection[str]) -> list[Node]:
    """Nodes other than those avoided, by identity; of those, the ones with other keys, if there are any.

    Whoever has a key can have any number of nodes with it: their opinions do not confirm each other. One that lacks
    disk or memory is not waited for, which may take forever.
    """
    others = [node for node in nodes if node.identity not in avoided]
    keys = {identity.partition("/")[0] for identity in avoided}
    return [node for node in others if node.key_id not in keys and not node.is_resting] or others


@functools.cache
def _numbers(version: str) -> tuple[int, ...]:
    """Major and minor."""
    return tuple(int(each) for each in re.findall(r"\d+", version)[:2])


def _short(version: str) -> str:
    return ".".join(map(str, _numbers(version)))


def _aside(node: Node) -> str:
    return f"{node.struck} frames that failed on {node.name} were rendered by other nodes."
