"""Which call is allowed in which state of a job. Pure.

created → validating → validated → booting → rendering → finalizing → completed
any of them → failed;  any of them → canceled, while the job is unfinished
"""

from __future__ import annotations

from ..errors import ApiError

CREATED, VALIDATING, VALIDATED = "created", "validating", "validated"
BOOTING, RENDERING, FINALIZING = "booting", "rendering", "finalizing"
COMPLETED, FAILED, CANCELED = "completed", "failed", "canceled"

STATUSES = (CREATED, VALIDATING, VALIDATED, BOOTING, RENDERING, FINALIZING, COMPLETED, FAILED, CANCELED)
RUNNING = (BOOTING, RENDERING, FINALIZING)
OVER = (COMPLETED, FAILED, CANCELED)
UNFINISHED = tuple(status for status in STATUSES if status not in OVER)

LABELS = {
    CREATED: "Waiting",
    VALIDATING: "Checking the file",
    VALIDATED: "Checked, not started",
    BOOTING: "Starting",
    RENDERING: "Rendering",
    FINALIZING: "Finishing",
    COMPLETED: "Done",
    FAILED: "Failed",
    CANCELED: "Canceled",
}
"""What pages call them."""

_BEFORE = {
    VALIDATING: {CREATED},
    VALIDATED: {VALIDATING},
    BOOTING: {VALIDATED},
    RENDERING: {BOOTING},
    FINALIZING: {RENDERING, BOOTING},
    COMPLETED: {FINALIZING},
    FAILED: set(STATUSES) - set(OVER),
    CANCELED: set(STATUSES) - set(OVER),
}


def may_become(status: str, new: str) -> bool:
    """Whether a job may go from one status to another."""
    return status in _BEFORE[new]


def check_validate(status: str) -> None:
    """Raises ApiError (400) unless the job was just created."""
    if not may_become(status, VALIDATING):
        raise ApiError(400, "not_created", f"Only a job that was just created can be validated; this one is {status}.")


def check_render(status: str, was_started: bool) -> bool:
    """Whether this repeats an earlier start, and so changes nothing. Raises ApiError (400)."""
    if was_started:
        return True
    if not may_become(status, BOOTING):
        raise ApiError(400, "not_validated", f"Only a validated job can be rendered; this one is {status}.")
    return False


def check_cancel(status: str) -> None:
    """Raises ApiError (400) when the job is over."""
    if not may_become(status, CANCELED):
        raise ApiError(400, "job_is_over", f"Only a job in progress can be canceled; this one is {status}.")
