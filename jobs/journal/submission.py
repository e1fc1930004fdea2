"""The record of one submitted render: its stage in the pipeline, its numbers, its frames.

Standard library only; Blender's own process reads these.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...client.errors import FarmhandError
from ...client.message import Message

LOCAL = "local"
"""server_url of *This Computer*."""


class Stage(StrEnum):
    """How far a submission has come: the step that runs next, or is running.

    Mostly moves forward; but an upload that no longer makes a job, a validation and a download may be repeated.
    """

    UPLOAD = "upload"
    CREATE = "create"
    VALIDATE = "validate"
    CONFIRM = "confirm"
    RENDER = "render"
    PULL = "pull"
    FINISHED = "finished"


class State(StrEnum):
    """What happens to a submission now.

    QUEUED waits for the courier; WAITING waits for the user (confirm, key); PAUSED by the user; STOPPED by a problem on
    our side, *Retry* continues at the same stage; DONE, FAILED (by the service), CANCELED are final.
    """

    QUEUED = "queued"
    ACTIVE = "active"
    WAITING = "waiting"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


OVER = frozenset({State.DONE, State.FAILED, State.CANCELED})


class Request(StrEnum):
    """What a user may ask of the courier, through the journal."""

    CANCEL = "cancel"
    RETRY = "retry"
    PAUSE = "pause"
    RESUME = "resume"
    CONFIRM = "confirm"
    PULL_AGAIN = "pull_again"
    PULL_VIDEO = "pull_video"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class CourierInfo:
    """The courier process as the journal records it.

    started, heartbeat: Unix seconds. keys_for: server URL → a short fingerprint of the key it holds, good only to tell
    whether it is the same key. channel: where it accepts more keys. handover: asked to leave.
    """

    pid: int
    version: str
    started: float
    heartbeat: float
    keys_for: dict[str, str]
    channel: str = ""
    handover: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A FarmhandError as the journal keeps it. code: e.g. ``unreachable``. The rest are Messages."""

    code: str
    what: str
    meaning: str = ""
    advice: str = ""

    @classmethod
    def from_error(cls, error: FarmhandError) -> Problem:
        return cls(error.code, error.what, error.meaning, error.advice)

    @property
    def message(self) -> Message:
        """All three, to be shown in another language."""
        return Message.joined((self.what, self.meaning, self.advice))

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as the journal holds it.

    id: also the name of its job folder. server_url: base URL, or LOCAL. blend: the user's own file, absolute, or "".
    upload_done, package_bytes, bytes_pulled: bytes. frames_total: expected; frames_rendered: by the service;
    frames_done: in place here with all their files; frames_suspect: with a file that looks black, pink or odd.
    output_folder: absolute. created, updated: Unix seconds.
    needs_confirm: whether the render may have to wait for the user once the service has checked the file.
    note: one sentence for the user on what happens now ("Waiting for the network, next try in 20 s"), or "".
    """

    id: str
    name: str
    server_url: str
    blend: str
    scene: str
    output_folder: str
    created: float
    updated: float
    stage: Stage = Stage.UPLOAD
    state: State = State.QUEUED
    needs_confirm: bool = False
    slug: str = ""
    job_id: str = ""
    job_status: str = ""
    package_bytes: int = 0
    upload_done: int = 0
    frames_total: int = 0
    frames_rendered: int = 0
    frames_done: int = 0
    frames_suspect: int = 0
    bytes_pulled: int = 0
    normalized_seconds: float | None = None
    latest_frame: str = ""
    note: str = ""
    problem: Problem | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself or by *Retry*."""
        return self.state in OVER

    def with_(self, **changes: Any) -> Submission:
        """A copy with these fields changed."""
        return dataclasses.replace(self, **changes)


class FrameState(StrEnum):
    """PARTIAL is incomplete; DOWNLOADED is verified; SUSPECT is in place but looks wrong; REJECTED is never saved."""

    PARTIAL = "partial"
    DOWNLOADED = "here"
    SUSPECT = "suspect"
    REJECTED = "refused"


IN_PLACE = frozenset({FrameState.DOWNLOADED, FrameState.SUSPECT})


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One file of a submission, downloaded or not yet.

    name: what the service calls it (relative path below its output), the key within a submission.
    path: where it is or will be here, absolute. frame: its number, or None. bytes: on disk.
    reason: why it is suspect or rejected, in words.
    """

    submission_id: str
    name: str
    path: str
    frame: int | None
    state: FrameState
    bytes: int = 0
    sha256: str = ""
    reason: str = ""
    updated: float = 0.0
