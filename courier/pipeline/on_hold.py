"""What the user is told while the service has put a job on hold, or reports an undocumented status."""

from __future__ import annotations

from ...client.message import Message, msg
from ...client.models import Job
from ...client.plain_text import tidy
from ...client.statuses import DOCUMENTED_STATUSES, is_on_hold

STATUS_LENGTH = 40
WHAT_TO_DO = msg("Log in to the service to see why, or contact its support. Farmhand keeps checking, but less often.")


def advice(status: str) -> str:
    """What it means and what to do, or "" when the job is not on hold."""
    if not is_on_hold(status):
        return ""
    if status not in DOCUMENTED_STATUSES:
        fact = msg(
            "The server reports a status that Farmhand does not recognize: “{status}”.",
            status=tidy(status, STATUS_LENGTH),
        )
    elif status == "debugging":
        fact = msg("The server put this job on hold to investigate a problem.")
    else:
        fact = msg("The server put this job on hold.")
    return Message.joined((fact, WHAT_TO_DO))


def reason(job: Job) -> Message | str:
    """Why the service is not rendering a job that is not on hold, or "" if it does not say."""
    told = tidy(job.paused_reason) if isinstance(job.paused_reason, str) else ""
    return msg("Not rendering at the moment: {reason}", reason=told) if told else ""
