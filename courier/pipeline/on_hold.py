"""What is said to the user while the service has put a job on hold, or reports a status that nobody documents."""

from __future__ import annotations

from ...client.statuses import DOCUMENTED_STATUSES, is_on_hold

_WHAT_TO_DO = "Log in to the service to see why, or ask its support. Farmhand keeps checking, less often."


def advice(status: str) -> str:
    """What it means and what to do, or "" when the job is not on hold."""
    if not is_on_hold(status):
        return ""
    if status not in DOCUMENTED_STATUSES:
        fact = f"The service reports a status that Farmhand does not know: “{status}”."
    elif status == "debugging":
        fact = "The service has put this job on hold to look into a problem."
    else:
        fact = "The service has put this job on hold."
    return f"{fact} {_WHAT_TO_DO}"
