"""What an artist is told about frames that could not be rendered."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 10
LOST = "It was rendered, and its files are no longer in the farm's storage."


def reason(failed: Sequence[tuple[int, str]], attempts: int, job_id: str) -> str:
    """The sentence that a job with missing frames ends with.

    Args:
        failed: at least one frame, each with the reason of its last attempt.
        attempts: how often each frame was tried.
        job_id: names the folder of its logs.
    """
    names = ", ".join(str(frame) for frame, _ in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    plural = "s" if len(failed) > 1 else ""
    return (
        f"Frame{plural} {names}{more} could not be rendered in {attempts} attempts: {failed[-1][1]}  "
        f"The farm's folder logs/jobs/{job_id} says more."
    )
