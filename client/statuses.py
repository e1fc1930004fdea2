"""The status words that the service documents for a job. Standard library only: Blender's own process reads them."""

from __future__ import annotations

IN_PROGRESS_STATUSES = frozenset({"created", "validating", "validated", "booting", "rendering", "finalizing"})
FINAL_STATUSES = frozenset({"completed", "failed", "canceled"})
HOLD_STATUSES = frozenset({"debugging", "suspended"})
"""Their meaning is undocumented: the job is not over, and does not continue by itself."""
DOCUMENTED_STATUSES = IN_PROGRESS_STATUSES | FINAL_STATUSES | HOLD_STATUSES


def is_on_hold(status: str) -> bool:
    """Whether the service has stopped work on a job that is not over. Unknown statuses count as on hold."""
    return bool(status) and status not in IN_PROGRESS_STATUSES | FINAL_STATUSES
