"""What must hold whatever fails: one function for each invariant, its first line the invariant in words.

docs/reliability.md lists these lines; `ALWAYS` holds at every moment, `AT_THE_END` once everything has been mended and
the user has pressed Retry or Confirm wherever Farmhand asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quick_engine import package, picture

from farmhand.jobs.journal.submission import FrameRecord, FrameState, Request, Stage, State, Submission

PAINTED_OVER = b"The user has painted over this frame."
PARTIAL_MARK = ".farmhand-part"
_ORDER = list(Stage)


@dataclass
class Case:
    """One submission as the test knows it.

    scene: the package's bytes. place: its output folder. asked: what the user has asked for so far.
    spoiled: frames that the user has painted over or deleted.
    """

    id: str
    scene: bytes
    frames: tuple[int, ...]
    place: Path
    needs_confirm: bool
    will_fail: bool
    asked: set[Request] = field(default_factory=set)
    spoiled: set[Path] = field(default_factory=set)

    @classmethod
    def numbered(cls, number: int, frames: int, place: Path, *, needs_confirm: bool, failing_frame: int) -> Case:
        scene = package(number, seconds=0.01 * (number % 3), failing_frame=failing_frame)
        return cls("", scene, tuple(range(1, frames + 1)), place, needs_confirm, 0 < failing_frame <= frames)

    def path(self, frame: int) -> Path:
        return self.place / f"shot_{frame:04d}.png"


@dataclass(frozen=True)
class Sight:
    """What anybody can see of a submission. The journal was read before the files."""

    submission: Submission
    records: list[FrameRecord]
    transitions: list[tuple[float, Stage, State, str]]
    files: dict[Path, bytes]

    @property
    def real_files(self) -> dict[Path, bytes]:
        return {path: data for path, data in self.files.items() if PARTIAL_MARK not in path.name}


@dataclass(frozen=True)
class Reckoning:
    """What the service and the logs say at the end. jobs: of this submission, those that were looked into.
    renders: every rendering of a frame. farm_deaths: how often the farm was killed meanwhile."""

    jobs: list[dict[str, Any]]
    renders: list[int]
    farm_deaths: int
    courier_log: str
    farm_log: str


def no_half_file_has_a_real_name(case: Case, seen: Sight) -> None:
    """A file under a frame's real name is whole: byte for byte what was rendered of the package that was submitted."""
    rendered = {case.path(frame): picture(case.scene, frame) for frame in case.frames}
    for path, data in seen.real_files.items():
        assert path in rendered, f"{path.name} is no frame of this submission"
        is_users_own = path in case.spoiled and data == PAINTED_OVER
        assert is_users_own or data == rendered[path], f"{path.name} is not the frame that was rendered"


def what_the_journal_calls_here_is_here(case: Case, seen: Sight) -> None:
    """A frame that the journal lists as downloaded is in its place, with the length that the journal names."""
    for record in seen.records:
        path = Path(record.path)
        if record.state is FrameState.DOWNLOADED and path not in case.spoiled:
            assert path in seen.files, f"{path.name} is not here"
            assert len(seen.files[path]) == record.bytes, f"{path.name} has another length than the journal says"


def no_good_frame_is_suspect_or_refused(case: Case, seen: Sight) -> None:
    """No transfer fault marks a good frame as suspect or keeps it from arriving."""
    marked = [record for record in seen.records if record.state in (FrameState.SUSPECT, FrameState.REJECTED)]
    assert not marked, marked


def a_submission_only_goes_forward(case: Case, seen: Sight) -> None:
    """A submission only moves forward, except when its upload can no longer become a job, and for "Download Again"."""
    stages = [stage for _, stage, _, _ in seen.transitions]
    for before, after in itertools.pairwise(stages):
        is_way_back = (before, after) in ((Stage.CREATE, Stage.UPLOAD), (Stage.FINISHED, Stage.PULL))
        assert is_way_back or _ORDER.index(after) >= _ORDER.index(before), f"from {before} back to {after}"


def who_stops_says_why_and_what_to_do(case: Case, seen: Sight) -> None:
    """A submission that has stopped says what happened and what to do; no internal fault of Farmhand stops it."""
    if seen.submission.state is State.STOPPED:
        problem = seen.submission.problem
        assert problem is not None and problem.what and problem.advice, problem
        assert "unexpected error" not in problem.what, problem


def what_is_over_stays_over(case: Case, seen: Sight) -> None:
    """A finished submission stays finished until the user asks for its frames again."""
    states = [state for _, _, state, _ in seen.transitions]
    over = [state for state in states[:-1] if state in (State.DONE, State.FAILED, State.CANCELED)]
    assert not over or Request.PULL_AGAIN in case.asked, states


def it_ends_as_it_should(case: Case, seen: Sight, end: Reckoning) -> None:
    """A submission ends as done; as failed only if the service cannot render it; as canceled only if the user asked."""
    ends = {State.FAILED if case.will_fail else State.DONE}
    if Request.CANCEL in case.asked:
        ends.add(State.CANCELED)
    assert seen.submission.state in ends, f"{seen.submission.state}: {seen.submission.problem}"


def every_frame_of_a_finished_render_is_here(case: Case, seen: Sight, end: Reckoning) -> None:
    """When a submission is done, all its frames are downloaded, and nothing else: no temporary or extra file."""
    if seen.submission.state is State.DONE:
        assert seen.files == {case.path(frame): picture(case.scene, frame) for frame in case.frames}
        assert seen.submission.frames_done == seen.submission.frames_total == len(case.frames), seen.submission


def there_is_one_render(case: Case, seen: Sight, end: Reckoning) -> None:
    """A submission is rendered by at most one job, whatever was repeated."""
    started = [job for job in end.jobs if job["requestedConfig"] is not None]
    assert len(started) <= 1, [(job["id"], job["status"]) for job in started]


def no_frame_is_rendered_twice(case: Case, seen: Sight, end: Reckoning) -> None:
    """A frame is rendered once; a farm that was killed may repeat what it had in progress."""
    again = max((end.renders.count(frame) for frame in case.frames), default=0)
    assert again <= 1 + end.farm_deaths, f"{end.renders}, farm killed {end.farm_deaths} times"


def nothing_is_rendered_unasked(case: Case, seen: Sight, end: Reckoning) -> None:
    """A submission that needs the user's confirmation is not rendered without it."""
    if case.needs_confirm and Request.CONFIRM not in case.asked:
        assert not end.renders
        assert not any(job["requestedConfig"] for job in end.jobs)


def the_step_was_written_before_it_was_taken(case: Case, seen: Sight, end: Reckoning) -> None:
    """A step that the service has seen is in the journal, so the next process knows of it."""
    stages = {stage for _, stage, _, _ in seen.transitions}
    assert not end.jobs or Stage.CREATE in stages
    if any(job["requestedConfig"] for job in end.jobs):
        assert Stage.RENDER in stages


def nothing_goes_on_after_cancel(case: Case, seen: Sight, end: Reckoning) -> None:
    """What is canceled here does not continue on the service."""
    if seen.submission.state is State.CANCELED:
        going = [job["status"] for job in end.jobs if job["requestedConfig"] and job["status"] not in _SERVICE_OVER]
        assert not going, going


def nothing_broke_inside(case: Case, seen: Sight, end: Reckoning) -> None:
    """No external fault causes an unexpected error in the courier or the farm."""
    for name, log in (("courier", end.courier_log), ("farm", end.farm_log)):
        assert "Traceback" not in log, f"{name}: {log[-4000:]}"


_SERVICE_OVER = ("completed", "failed", "canceled")
ALWAYS: tuple[Callable[[Case, Sight], None], ...] = (
    no_half_file_has_a_real_name,
    what_the_journal_calls_here_is_here,
    no_good_frame_is_suspect_or_refused,
    a_submission_only_goes_forward,
    who_stops_says_why_and_what_to_do,
    what_is_over_stays_over,
)
AT_THE_END: tuple[Callable[[Case, Sight, Reckoning], None], ...] = (
    it_ends_as_it_should,
    every_frame_of_a_finished_render_is_here,
    there_is_one_render,
    no_frame_is_rendered_twice,
    nothing_is_rendered_unasked,
    the_step_was_written_before_it_was_taken,
    nothing_goes_on_after_cancel,
    nothing_broke_inside,
)
