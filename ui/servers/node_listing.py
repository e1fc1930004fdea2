"""What a farm reported about the computers that render for it, as the panel draws it. Does not use bpy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...jobs import farm_nodes
from ...jobs.farm_nodes import FarmNodes, JobNodes


@dataclass(frozen=True, slots=True)
class NodeListing:
    """The nodes of one server.

    is_asking: whether a query is pending; was_asked: whether an answer came. problem: why there is none, one sentence.
    job: the one job whose nodes were queried.
    tried: the reason for the last automatic query; None for never.
    answered_at: when the last list came, monotonic seconds.
    """

    found: FarmNodes = field(default_factory=FarmNodes)
    is_asking: bool = False
    was_asked: bool = False
    problem: str = ""
    job: JobNodes = field(default_factory=JobNodes)
    tried: str | None = None
    answered_at: float = 0.0

    def asking(self) -> NodeListing:
        """The listing while a query is pending."""
        return replace(self, is_asking=True, problem="")

    def answered(self, told: Mapping[str, Any]) -> NodeListing:
        if "job_id" in told:
            return replace(self, job=farm_nodes.read_job(told), is_asking=False)
        found = farm_nodes.read(told)
        return replace(self, found=found, is_asking=False, was_asked=True, answered_at=time.monotonic())

    def failed(self, problem: str) -> NodeListing:
        """The listing after a failed query; old nodes stay. problem: "" for an automatic query."""
        return replace(self, problem=problem, is_asking=False)

    def is_due(self, why: str, *, again: bool) -> bool:
        """Whether an automatic query is due, once for each reason. again: even if there was an answer."""
        return (again or not self.was_asked) and not self.is_asking and self.tried != why
