# SPDX-License-Identifier: GPL-3.0-or-later
"""One submission as the job list draws it: icon, word, bar and times.  Knows no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ..client.statuses import is_on_hold
from ..jobs.submission import Stage, State, Submission
from .progress import Estimator


@dataclass(frozen=True, slots=True)
class Row:
    """One submission as it is drawn: texts are made here once, not at every redraw.

    word: English, translated when drawn.  factor: 0 to 1.  left, speed: "" when not known; frame_seconds: 0 then.
    """

    submission: Submission
    icon: str
    word: str
    factor: float
    counts: str
    left: str
    speed: str
    frame_seconds: float


def row_of(one: Submission, pace: Estimator, now: float) -> Row:
    """What is drawn of a submission at this moment.  now: Unix seconds."""
    icon, word = _look(one)
    progress = pace.of(one, now)
    return Row(
        submission=one,
        icon=icon,
        word=word,
        factor=_factor(one),
        counts=_counts(one),
        left=progress.left,
        speed=progress.speed,
        frame_seconds=progress.frame_seconds,
    )


def stage_word(stage: Stage) -> str:
    """What goes on in a stage, in English."""
    return _STAGES[stage][1]


def _counts(one: Submission) -> str:
    if one.stage is Stage.UPLOAD:
        return f"{_factor(one):.0%}" if one.upload_done else ""
    if not one.frames_total or one.state is State.DONE:
        return str(one.frames_done or "")
    return f"{one.frames_done}/{one.frames_total}"


def _look(one: Submission) -> tuple[str, str]:
    if one.state is State.ACTIVE:
        if one.stage in _AT_THE_SERVICE and is_on_hold(one.job_status):
            return _SERVICE["suspended"]
        if one.stage in (Stage.RENDER, Stage.PULL) and one.job_status in _SERVICE:
            return _SERVICE[one.job_status]
        return _STAGES[one.stage]
    return _STATES[one.state]


def _factor(one: Submission) -> float:
    if one.state is State.DONE:
        return 1.0
    if one.stage is Stage.UPLOAD:
        return one.upload_done / one.package_bytes if one.package_bytes else 0.0
    return max(one.frames_done, one.frames_rendered) / one.frames_total if one.frames_total else 0.0


_STATES = {
    State.QUEUED: ("TIME", "Queued"),
    State.WAITING: ("QUESTION", "Waits for You"),
    State.PAUSED: ("PAUSE", "Paused"),
    State.STOPPED: ("ERROR", "Stopped"),
    State.DONE: ("CHECKMARK", "Done"),
    State.FAILED: ("CANCEL", "Failed"),
    State.CANCELED: ("X", "Canceled"),
}
_STAGES = {
    Stage.UPLOAD: ("EXPORT", "Uploading"),
    Stage.CREATE: ("EXPORT", "Uploading"),
    Stage.VALIDATE: ("VIEWZOOM", "Validating"),
    Stage.CONFIRM: ("QUESTION", "Waits for You"),
    Stage.RENDER: ("RENDER_ANIMATION", "Rendering"),
    Stage.PULL: ("IMPORT", "Fetching"),
    Stage.FINISHED: ("CHECKMARK", "Done"),
}
_AT_THE_SERVICE = (Stage.VALIDATE, Stage.RENDER, Stage.PULL)
_SERVICE = {
    "validated": ("TIME", "Starting Up"),
    "booting": ("TIME", "Starting Up"),
    "rendering": ("RENDER_ANIMATION", "Rendering"),
    "suspended": ("PAUSE", "On Hold"),
    "finalizing": ("IMPORT", "Finishing Up"),
    "completed": ("IMPORT", "Fetching"),
}


def needs_word(one: Submission) -> bool:
    """Whether the job waits for the user to say that it may go on."""
    return one.state is State.WAITING and one.problem is None


def needs_key(one: Submission) -> bool:
    """Whether the job waits for its server's key."""
    return one.state is State.WAITING and one.problem is not None
