"""What a farm told of the computers that render for it, as the panel draws it. Knows no bpy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...jobs import farm_nodes
from ...jobs.farm_nodes import FarmNodes, JobNodes


@dataclass(frozen=True, slots=True)
class NodeListing:
    """One server's.

    is_asking: whether an answer is awaited; was_asked: whether one came. problem: why there is none, one sentence.
    job: the one job of which it was asked who rendered it.
    tried: why it was last asked without a press of a button; None for never.
    answered_at: when the last list came, by the monotonic clock, in seconds.
    """

    found: FarmNodes = field(default_factory=FarmNodes)
    is_asking: bool = False
    was_asked: bool = False
    problem: str = ""
    job: JobNodes = field(default_factory=JobNodes)
    tried: str | None = None
    answered_at: float = 0.0

    def asking(self) -> NodeListing:
        """While an answer is awaited."""
        return replace(self, is_asking=True, problem="")

    def answered(self, told: Mapping[str, Any]) -> NodeListing:
        if "job_id" in told:
            return replace(self, job=farm_nodes.read_job(told), is_asking=False)
        found = farm_nodes.read(told)
        return replace(self, found=found, is_asking=False, was_asked=True, answered_at=time.monotonic())

    def failed(self, problem: str) -> NodeListing:
        """No answer came; what was listed before stays. problem: "" where nobody waits for one."""
        return replace(self, problem=problem, is_asking=False)

    def is_due(self, why: str, *, again: bool) -> bool:
        """Whether to ask unasked, which is done once for each reason. again: also where an answer came already."""
        return (again or not self.was_asked) and not self.is_asking and self.tried != why
