"""The nodes of a farm: what each is, what it has in hand, and which one takes the next frame."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

SAME, NEWER, ANY = "same", "newer", "any"
VERSIONS = (SAME, NEWER, ANY)
"""Which Blenders may render a scene: of the version that saved it, or newer, or any."""
_STRIKES = 3


class NodeFacts(BaseModel):
    """What a node tells of itself when it joins."""

    model_config = ConfigDict(extra="ignore")
    host: str = Field(max_length=100, pattern=r"^[\w. -]+$")
    system: str = Field(max_length=100, pattern=r"^[\w. -]*$")
    slots: int = Field(ge=1, le=256)
    blender: str = Field(max_length=40, pattern=r"^\d+\.\d+[\w. -]*$")
    devices: list[str] = Field(default_factory=list, max_length=64)


@dataclass(eq=False)
class Node:
    """name: of its key. rendering: frames in its slots.

    warm: jobs whose frames it rendered last; its Blenders have them loaded, most likely.
    struck: frames that failed here and that another node has rendered.
    aside: why it gets no more frames, "" while it does. rests_until: while it lacks disk or memory; monotonic seconds.
    """

    address: str
    key_id: str
    name: str
    facts: NodeFacts
    joined: float = field(default_factory=time.time)
    rendering: int = 0
    analyzing: int = 0
    warm: list[str] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0
    struck: int = 0
    aside: str = ""
    is_draining: bool = False
    rests_until: float = 0.0

    @property
    def free(self) -> int:
        is_ready = self.is_usable and time.monotonic() >= self.rests_until
        return max(0, self.facts.slots - self.rendering) if is_ready else 0

    @property
    def is_usable(self) -> bool:
        return not self.aside and not self.is_draining

    @property
    def identity(self) -> str:
        """The same machine when it comes back."""
        return f"{self.key_id}/{self.facts.host}"


class NodeTable:
    """policy: one of VERSIONS."""

    def __init__(self, policy: str = SAME) -> None:
        self._policy = policy
        self._nodes: dict[str, Node] = {}
        self._strikes: dict[str, int] = {}
        self._failed: dict[tuple[str, int], set[str]] = {}

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

    def room(self, version: str) -> int:
        return sum(node.free for node in self._fitting(version))

    def waits_for(self, version: str) -> str:
        """Why nothing of this version can be rendered, "" when it can."""
        if not any(node.is_usable for node in self._nodes.values()):
            return "No node is connected to the farm. Rendering starts when one is: farmhand node ADDRESS --key FILE."
        if any(self._fitting(version)):
            return ""
        there = ", ".join(sorted({_short(node.facts.blender) for node in self._nodes.values() if node.is_usable}))
        return (
            f"No node has Blender {_short(version)}, with which this scene was saved (nodes have {there}). Start a "
            "node with that version, or start the farm with --blender-versions newer to render with newer ones as well."
        )

    def for_frame(self, version: str, job_id: str, frame: int) -> Node | None:
        """Where a frame is rendered; None while only nodes on which it has failed have room, and there are others."""
        failed = self._failed.get((job_id, frame), set())
        fitting = list(self._fitting(version))
        others = [node for node in fitting if node.identity not in failed]
        free = [node for node in others or fitting if node.free]
        return min(free, key=lambda node: (job_id not in node.warm, node.rendering / node.facts.slots), default=None)

    def for_analysis(self, version: str, avoided: Collection[str] = ()) -> Node | None:
        """The node with the least to do among those that may render the scene, or, where its version is not known,
        that have the newest Blender. avoided: by identity."""
        fitting = [node for node in self._fitting(version) if node.identity not in avoided]
        if not version:
            newest = max((_numbers(node.facts.blender) for node in fitting), default=())
            fitting = [node for node in fitting if _numbers(node.facts.blender) == newest]
        return min(fitting, key=lambda node: (node.analyzing, node.rendering / node.facts.slots), default=None)

    def failed(self, node: Node, job_id: str, frame: int, version: str) -> bool:
        """Note a failure. Returns whether there is another node that could try."""
        failed = self._failed.setdefault((job_id, frame), set())
        failed.add(node.identity)
        return any(each.identity not in failed for each in self._fitting(version))

    def rendered(self, node: Node, job_id: str, frame: int, seconds: float) -> list[Node]:
        """A frame has come out. Returns the nodes that are set aside for it: they failed too often where others did
        not."""
        node.warm = [*(each for each in node.warm if each != job_id), job_id][-node.facts.slots :]
        node.done += 1
        node.seconds += seconds
        newly = []
        for identity in self._failed.pop((job_id, frame), set()) - {node.identity}:
            self._strikes[identity] = self._strikes.get(identity, 0) + 1
            for each in self._nodes.values():
                if each.identity == identity:
                    each.struck = self._strikes[identity]
                    if each.struck >= _STRIKES and not each.aside:
                        each.aside = _aside(each)
                        newly.append(each)
        return newly

    def warm_jobs(self) -> set[str]:
        """Jobs that free slots have loaded."""
        return {job_id for node in self._nodes.values() if node.free for job_id in node.warm}

    def forget(self, job_id: str) -> None:
        for node in self._nodes.values():
            node.warm = [each for each in node.warm if each != job_id]
        self._failed = {key: value for key, value in self._failed.items() if key[0] != job_id}

    def _fitting(self, version: str) -> Iterable[Node]:
        return (node for node in self._nodes.values() if node.is_usable and self._fits(node.facts.blender, version))

    def _fits(self, blender: str, version: str) -> bool:
        has, needs = _numbers(blender), _numbers(version)
        if not needs or self._policy == ANY:
            return True
        return has == needs or (self._policy == NEWER and has > needs)


def _numbers(version: str) -> tuple[int, ...]:
    """Major and minor."""
    return tuple(int(each) for each in re.findall(r"\d+", version)[:2])


def _short(version: str) -> str:
    return ".".join(map(str, _numbers(version)))


def _aside(node: Node) -> str:
    return f"{node.struck} frames that failed on {node.name} were rendered by other nodes."
