"""One submission as the job list draws it: icon, state, bar and times. Does not use bpy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...client.statuses import is_on_hold
from ...jobs.journal.submission import Stage, State, Submission
from ..request.checked_job import CheckedJob
from .frame_times import FrameTime
from .progress import Estimator
from .renders import current_part, shown_ranges


@dataclass(frozen=True, slots=True)
class Row:
    """One render as it is drawn: texts are made once, not at every redraw.

    submission: the render as one record, with the id of its first submission.
    parts: its submissions, oldest first. current: the one whose state stands for all, which buttons act on.
    word: English, translated when drawn. factor: 0 to 1. left, speed: "" if unknown; frame_seconds: then 0.
    frames: the numbers asked for, as text. rest: numbers that test frames left out and no submission asked for.
    has_package: whether its file was sent from here, so that frames can be rendered again.
    checked: what is shown for a job that waits to be started. preview: path of the service's picture of it, or "".
    frame_time: the time that its frames take.
    """

    submission: Submission
    parts: tuple[Submission, ...]
    icon: str
    word: str
    factor: float
    counts: str
    left: str
    speed: str
    frame_seconds: float
    frames: str = ""
    rest: tuple[int, ...] = ()
    has_package: bool = True
    checked: CheckedJob | None = None
    preview: str = ""
    frame_time: FrameTime | None = None

    @property
    def picture(self) -> str:
        """Path of the render's thumbnail: its latest frame, before that the service's picture, or ""."""
        return self.submission.latest_frame or self.preview

    @property
    def current(self) -> Submission:
        return current_part(self.parts)

    @property
    def latest(self) -> Submission:
        """The submission whose package is used to render frames again: the artist's last upload."""
        return self.parts[-1]

    @property
    def missing_count(self) -> int:
        """The number of requested frames that have not been downloaded."""
        return max(0, self.submission.frames_total - self.submission.frames_done)


def row_of(
    one: Submission,
    pace: Estimator,
    now: float,
    *,
    parts: tuple[Submission, ...] = (),
    frames: Iterable[int] = (),
    rest: tuple[int, ...] = (),
    has_package: bool = True,
    checked: CheckedJob | None = None,
    preview: str = "",
    frame_time: FrameTime | None = None,
) -> Row:
    """The current row of a render.

    Args:
        one: the render as one record.
        now: Unix seconds.
        parts: its submissions, oldest first; none when it has one.
        frames, rest, has_package, checked, preview, frame_time: as in `Row`, frames as numbers.
    """
    icon, word = _look(one)
    progress = pace.estimate(one, now)
    return Row(
        submission=one,
        parts=parts or (one,),
        icon=icon,
        word=word,
        factor=_factor(one),
        counts=_counts(one),
        left=progress.left,
        speed=progress.speed,
        frame_seconds=progress.frame_seconds,
        frames=shown_ranges(frames),
        rest=rest,
        has_package=has_package,
        checked=checked,
        preview=preview,
        frame_time=frame_time,
    )


RETRYING = ("Retrying in ", "Next attempt in ")
"""What the courier's note says while it waits for a server; an older courier has the second."""


def row_word(one: Submission) -> str:
    """The text for a submission's state, in English."""
    return _look(one)[1]


def stage_word(stage: Stage) -> str:
    """The text for a stage, in English."""
    return _STAGES[stage][1]


def server_look(status: str) -> tuple[str, str]:
    """Icon and English word of a status of the service."""
    if is_on_hold(status):
        return _SERVICE["suspended"]
    return _ELSEWHERE.get(status) or _SERVICE[status]


def _counts(one: Submission) -> str:
    if one.stage is Stage.UPLOAD:
        return f"{_factor(one):.0%}" if one.upload_done else ""
    if not one.frames_total or one.state is State.DONE:
        return str(one.frames_done or "")
    return f"{one.frames_done}/{one.frames_total}"


def is_waiting_for_server(one: Submission) -> bool:
    """Whether the server gave no valid answer, and is contacted again after a while."""
    return one.state is State.ACTIVE and any(words in str(one.note) for words in RETRYING)


def _look(one: Submission) -> tuple[str, str]:
    if is_waiting_for_server(one):
        return _SERVICE[_UNANSWERED]
    if one.state is State.ACTIVE:
        if one.stage in _AT_THE_SERVICE and is_on_hold(one.job_status):
            return _SERVICE["suspended"]
        if one.stage in (Stage.RENDER, Stage.PULL) and one.job_status and one.job_status in _SERVICE:
            return _SERVICE[one.job_status]
        return _STAGES[one.stage]
    if one.state is State.DONE and one.frames_suspect:
        return "ERROR", _STATES[one.state][1]
    if needs_key(one):
        return _SERVICE[_KEY_REFUSED if one.state is State.STOPPED else _NO_ACCESS]
    return _STATES[one.state]


def _factor(one: Submission) -> float:
    if one.state is State.DONE:
        return 1.0
    if one.stage is Stage.UPLOAD:
        return one.upload_done / one.package_bytes if one.package_bytes else 0.0
    return max(one.frames_done, one.frames_rendered) / one.frames_total if one.frames_total else 0.0


_STATES = {
    State.QUEUED: ("TIME", "Queued"),
    State.WAITING: ("QUESTION", "Needs Confirmation"),
    State.PAUSED: ("PAUSE", "Paused"),
    State.STOPPED: ("ERROR", "Stopped"),
    State.DONE: ("CHECKMARK", "Done"),
    State.FAILED: ("CANCEL", "Failed"),
    State.CANCELED: ("X", "Canceled"),
}
_STAGES = {
    Stage.UPLOAD: ("EXPORT", "Uploading"),
    Stage.CREATE: ("EXPORT", "Uploading"),
    Stage.VALIDATE: ("TIME", "Validating"),
    Stage.CONFIRM: ("QUESTION", "Needs Confirmation"),
    Stage.RENDER: ("RENDER_ANIMATION", "Rendering"),
    Stage.PULL: ("IMPORT", "Downloading"),
    Stage.FINISHED: ("CHECKMARK", "Done"),
}
_UNANSWERED, _KEY_REFUSED, _NO_ACCESS = "", "key refused", "no access"
"""In place of a status, where the service gives no answer, or cannot be asked."""
_AT_THE_SERVICE = (Stage.VALIDATE, Stage.RENDER, Stage.PULL)
_SERVICE = {
    _UNANSWERED: ("ERROR", "Waiting for Server"),
    _KEY_REFUSED: ("LOCKED", "Key Refused"),
    _NO_ACCESS: ("LOCKED", "No Access"),
    "validated": ("TIME", "Starting Up"),
    "booting": ("TIME", "Starting Up"),
    "rendering": ("RENDER_ANIMATION", "Rendering"),
    "suspended": ("PAUSE", "On Hold"),
    "finalizing": ("IMPORT", "Finishing Up"),
    "completed": ("IMPORT", "Downloading"),
}


_ELSEWHERE = {
    "created": ("TIME", "Queued"),
    "validating": ("TIME", "Validating"),
    "validated": ("TIME", "Not Started"),
    "completed": _STATES[State.DONE],
    "failed": _STATES[State.FAILED],
    "canceled": _STATES[State.CANCELED],
}
"""Jobs that were submitted elsewhere have no stage of ours."""


def needs_confirmation(one: Submission) -> bool:
    """Whether the job waits for the user to confirm it."""
    return one.state is State.WAITING and one.problem is None


def waits_to_start(one: Submission) -> bool:
    """Whether the service has checked the job, and the user must decide whether to render it."""
    return needs_confirmation(one) and one.stage is Stage.CONFIRM


def needs_key(one: Submission) -> bool:
    """Whether the user has no valid key for the job's server."""
    if one.state is State.WAITING:
        return one.problem is not None
    return one.state is State.STOPPED and one.problem is not None and one.problem.code == UNAUTHORIZED


UNAUTHORIZED = "unauthorized"
"""`Problem.code` of a refused key."""
