"""One render, one row: frames count whoever brought them, and what needs the user is news."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Problem, Stage, State, Submission
from farmhand.jobs.user_folder import UserFolder
from farmhand.ui.jobs.progress import Estimator
from farmhand.ui.jobs.renders import shown_ranges
from farmhand.ui.session import Session


@pytest.fixture
def journal(home: Path) -> Iterator[Journal]:
    with Journal(home / "journal.sqlite3") as opened:
        yield opened


@pytest.fixture
def session(home: Path) -> Iterator[Session]:
    made = Session(UserFolder(home))
    yield made
    made.close()


class Jobs:
    """Puts submissions into the journal as Blender and the courier do: the job folder first."""

    def __init__(self, home: Path, journal: Journal) -> None:
        self.home, self.journal = UserFolder(home), journal

    def add(self, frames: list[int], *, job: dict[str, Any] | None = None, **changes: Any) -> Submission:
        now = time.time()
        values = {"id": str(uuid.uuid4()), "name": "shot", "server_url": "local", "blend": "", "scene": "Scene"}
        values |= {"output_folder": "/r", "created": now, "updated": now, "frames_total": len(frames)}
        one = Submission(**(values | changes))
        named = {name: getattr(one, name) for name in ("id", "name", "server_url", "blend", "scene")}
        made = job_folder.JobFile(
            **named,
            **(job or {}),
            camera="",
            view_layer="",
            blender=[],
            blender_version="5.0.1",
            package=job_folder.Package("package.blend", "blend", "shot.blend", 4, ""),
            output=job_folder.Output("/r", "/r/shot_####.png"),
            render_config={},
            frames=frames,
        )
        job_folder.write(self.home.job(one.id), made)
        self.journal.add(one)
        return one

    def bring(self, one: Submission, frames: list[int], state: State, suspect: tuple[int, ...] = ()) -> None:
        self.journal.save_frames(
            FrameRecord(
                one.id,
                f"{number}.png",
                f"/r/{number}.png",
                number,
                FrameState.SUSPECT if number in suspect else FrameState.DOWNLOADED,
                reason="It is black." if number in suspect else "",
            )
            for number in frames
        )
        self.journal.save(one.with_(frames_done=len(frames), frames_suspect=len(suspect), state=state))


@pytest.fixture
def jobs(home: Path, journal: Journal) -> Jobs:
    return Jobs(home, journal)


def test_missing_frames_that_a_later_submission_brought_count_as_here(jobs: Jobs, session: Session) -> None:
    first = jobs.add([1, 2, 3, 4])
    jobs.bring(first, [1, 2], State.CANCELED)
    again = jobs.add([3, 4], job={"part_of": first.id}, name="shot · again")
    jobs.bring(again, [3, 4], State.DONE)
    session.tick()
    (row,) = session.snapshot.rows
    assert (row.submission.id, row.submission.name) == (first.id, "shot")
    assert (row.submission.state, row.submission.frames_done, row.submission.frames_total) == (State.DONE, 4, 4)
    assert session.snapshot.by_id[again.id] is row


def test_a_frame_that_was_rendered_again_is_faulty_no_more(jobs: Jobs, session: Session) -> None:
    first = jobs.add([1, 2])
    jobs.bring(first, [1, 2], State.DONE, suspect=(2,))
    session.tick(first.id)
    assert (session.snapshot.rows[0].submission.frames_suspect, session.snapshot.rows[0].icon) == (1, "ERROR")
    assert [record.frame for record in session.snapshot.details.suspect] == [2]
    again = jobs.add([2], job={"part_of": first.id})
    jobs.bring(again, [2], State.DONE)
    session.tick(first.id)
    assert session.snapshot.rows[0].submission.frames_suspect == 0
    assert session.snapshot.details.suspect == ()


def test_the_submission_at_work_speaks_for_the_render(jobs: Jobs, session: Session) -> None:
    first = jobs.add([1, 5], job={"rest": [2, 3, 4]})
    jobs.bring(first, [1, 5], State.DONE)
    session.tick()
    assert session.snapshot.rows[0].rest == (2, 3, 4)
    rest = jobs.add([2, 3, 4], job={"part_of": first.id}, state=State.ACTIVE, stage=Stage.RENDER)
    session.tick()
    (row,) = session.snapshot.going
    assert (row.current.id, row.rest, row.frames) == (rest.id, (), "1–5")
    assert (row.submission.frames_done, row.submission.frames_total) == (2, 5)


def test_a_comparison_is_in_no_list_and_no_news(jobs: Jobs, session: Session) -> None:
    first = jobs.add([1])
    jobs.bring(first, [1], State.DONE)
    session.tick()
    session.reports.news.clear()
    compared = jobs.add([1], job={"part_of": first.id, "purpose": "compare"}, state=State.DONE)
    session.tick()
    assert [row.submission.id for row in session.snapshot.rows] == [first.id]
    assert list(session.snapshot.compared) == [compared.id]
    assert session.reports.news == []


def test_a_render_whose_first_submission_was_removed_is_still_one(
    jobs: Jobs, journal: Journal, session: Session
) -> None:
    first = jobs.add([1, 2])
    again = jobs.add([2], job={"part_of": first.id})
    session.tick()
    journal.forget(first.id)
    session.tick()
    assert [row.submission.id for row in session.snapshot.rows] == [again.id]


@pytest.mark.parametrize("state", [State.STOPPED, State.WAITING])
def test_a_job_that_needs_the_user_is_news_once(jobs: Jobs, journal: Journal, session: Session, state: State) -> None:
    one = jobs.add([1], state=State.ACTIVE)
    session.tick()
    one = journal.save(one.with_(state=state, problem=Problem("unreachable", "No answer.")))
    session.tick()
    assert [news.id for news in session.reports.news] == [one.id]
    assert [row.submission.id for row in session.snapshot.waiting] == [one.id]
    session.reports.news.clear()
    journal.save(one.with_(note="still"))
    session.tick()
    assert session.reports.news == []


def test_a_refused_key_is_known_of_the_server(jobs: Jobs, journal: Journal, session: Session) -> None:
    one = jobs.add([1], state=State.ACTIVE, server_url="http://studio/api")
    session.tick()
    journal.save(one.with_(state=State.STOPPED, problem=Problem("unauthorized", "The key was refused.")))
    session.tick()
    found = session.connections["http://studio/api"]
    assert (found.is_good, found.is_refused) == (False, True)
    assert session.snapshot.rows[0].word == "Key Refused"


def test_no_time_is_promised_before_three_frames_and_the_first_does_not_count() -> None:
    pace = Estimator()
    one = Submission(
        "1", "shot", "local", "", "", "/r", 0.0, 0.0, state=State.ACTIVE, stage=Stage.PULL, frames_total=11
    )
    left = [
        pace.estimate(one.with_(frames_done=done), now=now).left
        for done, now in ((0, 0.0), (1, 60.0), (2, 62.0), (3, 64.0))
    ]
    assert left == ["", "", "", "0:16"]


@pytest.mark.parametrize(
    ("frames", "text"), [([1, 2, 3], "1–3"), ([7], "7"), ([1, 3, 5, 9, 20], "1–5x2, 9 …"), ([-3, -2], "-3–-2")]
)
def test_frames_are_short_in_a_line(frames: list[int], text: str) -> None:
    assert shown_ranges(frames) == text
