"""The computers that render, and each one's share of a job, as the web page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..render.backend import NodeDirectory, NodeState
from ..state.frame_lines import NodeShare
from ..state.keys import Caller
from ..state.store import Store

LABELS = {
    "ready": "Ready",
    "silent": "Silent",
    "short": "Low on Disk Space or Memory",
    "leaving": "Leaving",
    "stopped": "Stopped",
    "set_aside": "Set Aside",
}
_CLASSES = {"ready": "completed", "silent": "failed", "set_aside": "failed", "short": "paused", "stopped": "canceled"}


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node. status: how its label looks. work: the current frames that the caller may see, in words."""

    id: str
    name: str
    about: str
    label: str
    status: str
    reason: str
    work: tuple[tuple[str, str], ...]
    others: int
    done: int
    pace: str
    is_used: bool


def rows(directory: NodeDirectory | None, store: Store, caller: Caller) -> list[NodeRow] | None:
    """One row for each node; None on a farm that renders by itself.

    Args:
        directory: the nodes that are connected; None on a farm that renders by itself.
        store: names the jobs.
        caller: sees only the names of jobs that they may see.
    """
    return None if directory is None else [_row(each, store, caller) for each in directory.states()]


def shares(found: Sequence[NodeShare]) -> list[str]:
    """How much of a job each computer rendered."""
    return [f"{each.node} ({each.device}): {each.frames} frame{'s' if each.frames > 1 else ''}" for each in found]


def difference(found: Sequence[NodeShare]) -> str:
    """The note on a job whose frames were rendered on several kinds of device, "" otherwise."""
    kinds = sorted({each.device for each in found})
    if len(kinds) < 2:
        return ""
    return f"Frames of this job were rendered with {' and '.join(kinds)} and may differ slightly from each other."


def _row(node: NodeState, store: Store, caller: Caller) -> NodeRow:
    work, others = [], 0
    for each in node.frames:
        job = store.job(each.job_id)
        if job is not None and caller.reaches(job.workspace_id):
            work.append((each.job_id, f"Frame {each.frame} for {each.seconds:.0f} s"))
        else:
            others += 1
    name = node.name if node.host in ("", node.name) else f"{node.name} ({node.host})"
    facts = (node.system, f"Blender {node.blender}", ", ".join(node.devices) or "CPU", _slots(node.slots))
    return NodeRow(
        id=node.id,
        name=name,
        about=" · ".join(fact for fact in facts if fact),
        label=LABELS[node.state],
        status=_CLASSES.get(node.state, "validated"),
        reason=node.reason,
        work=tuple(work),
        others=others,
        done=node.frames_done,
        pace="" if node.frame_seconds is None else f"{node.frame_seconds:.1f} s per frame",
        is_used=node.state not in ("stopped", "set_aside"),
    )


def _slots(count: int) -> str:
    return f"{count} slot{'s' if count > 1 else ''}"
