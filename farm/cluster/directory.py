"""The nodes as people see them: the state of each, and the switch that stops using it."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..render.backend import FrameInHand, NodeState
from ..state.stopped_nodes import StoppedNodes
from .attempts.attempts import Attempts
from .nodes import Node, NodeTable

_SILENT_BEATS = 3
_STOPPED = "Stop Using was chosen for it."
_LEAVING = "It was asked to leave and is finishing its current frames."
_SHORT = "It lacks disk space or memory, and is tried again soon."
_SILENT = "It is not responding. If this continues, its frames are rendered elsewhere."


class Directory:
    """silent_seconds: how long ago a node was last heard, by its address. changed: called when a node may take frames.

    mark: increases when a node joins, leaves, or changes state.
    """

    def __init__(
        self,
        nodes: NodeTable,
        attempts: Attempts,
        silent_seconds: Callable[[str], float],
        stopped: StoppedNodes,
        changed: Callable[[], None],
    ) -> None:
        self._nodes = nodes
        self._attempts = attempts
        self._silent_seconds = silent_seconds
        self._stopped = stopped
        self._changed = changed
        self.mark = 0

    def joins(self, node: Node) -> None:
        node.is_stopped = node.id in self._stopped
        self._nodes.add(node)
        self.mark += 1

    def states(self) -> list[NodeState]:
        in_hand: dict[str, list[FrameInHand]] = {}
        now = time.monotonic()
        for each in self._attempts:
            if each.frame is not None and each.result is None:
                frame = FrameInHand(each.job_id, each.frame, round(now - each.begun, 3))
                in_hand.setdefault(each.node.address, []).append(frame)
        found = [self._state(node, tuple(in_hand.get(node.address, ()))) for node in self._nodes]
        return sorted(found, key=lambda each: (each.name, each.host, each.id))

    def use(self, node_id: str, *, is_used: bool) -> bool:
        nodes = [node for node in self._nodes if node.id == node_id]
        if nodes and is_used:
            self._stopped.remove(node_id)
            self._nodes.forgive(node_id)
        elif nodes:
            self._stopped.add(node_id)
        for node in nodes:
            node.is_stopped = not is_used
        self.mark += 1
        self._changed()
        return bool(nodes)

    def _state(self, node: Node, frames: tuple[FrameInHand, ...]) -> NodeState:
        heard = self._silent_seconds(node.address)
        state, reason = _condition(node, heard > _SILENT_BEATS * max(1.0, len(self._nodes) / 100))
        return NodeState(
            id=node.id,
            name=node.name,
            host=node.facts.host,
            system=node.facts.system,
            device=node.device,
            devices=tuple(node.facts.devices),
            blender=node.facts.blender,
            slots=node.facts.slots,
            state=state,
            reason=reason,
            frames=frames,
            frames_done=node.done,
            frame_seconds=round(node.seconds / node.alone, 3) if node.alone else None,
            heard=round(heard, 1),
        )


def _condition(node: Node, is_silent: bool) -> tuple[str, str]:
    if node.is_stopped:
        return "stopped", _STOPPED
    if node.aside:
        return "set_aside", node.aside
    if node.is_draining:
        return "leaving", _LEAVING
    if is_silent:
        return "silent", _SILENT
    if node.is_resting:
        return "short", _SHORT
    return "ready", ""
