"""The snapshot that the panels read: taken from a real journal, cheap when nothing changed, never a traceback."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farmhand.client.errors import LocalProblem
from farmhand.jobs.folder import job_folder
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Stage, State, Submission
from farmhand.jobs.user_folder import UserFolder
from farmhand.ui.jobs.journal_picture import PAGE, JournalPicture
from farmhand.ui.jobs.progress import Estimator, clock, size
from farmhand.ui.session import READING_SECONDS, ConnectionStatus, Session


@pytest.fixture
def journal(home: Path) -> Iterator[Journal]:
    """What the courier writes into."""
    with Journal(home / "journal.sqlite3") as opened:
        yield opened


@pytest.fixture
def live(home: Path) -> Iterator[Session]:
    holder = Session(UserFolder(home))
    yield holder
    holder.close()


def submission(**changes: Any) -> Submission:
    now = time.time()
    values = {"id": str(uuid.uuid4()), "name": "shot", "server_url": "local", "blend": "", "scene": "Scene"}
    return Submission(**({**values, "output_folder": "/r", "created": now, "updated": now} | changes))


class Package:
    """A package in the making, as scene.package makes them."""

    def __init__(self) -> None:
        self.finished = False
        self.problem: LocalProblem | None = None
        self.is_canceled = False

    def poll(self) -> float | None:
        return 0.5

    def cancel(self) -> None:
        self.is_canceled = True


def test_without_a_journal_there_is_nothing_and_no_journal_is_made(home: Path, live: Session) -> None:
    assert not live.tick()
    assert live.snapshot.rows == ()
    assert not (home / "journal.sqlite3").exists()


def test_a_new_submission_shows_with_its_state_in_a_word(journal: Journal, live: Session) -> None:
    journal.add(submission(state=State.STOPPED))
    assert live.tick()
    assert [row.word for row in live.snapshot.rows] == ["Stopped"]


def test_a_turn_without_news_changes_nothing(journal: Journal, live: Session) -> None:
    journal.add(submission())
    live.tick()
    before = live.snapshot
    assert not live.tick()
    assert live.snapshot is before


def test_frames_that_are_fetched_while_others_render_are_called_rendering(journal: Journal, live: Session) -> None:
    journal.add(submission(state=State.ACTIVE, stage=Stage.PULL, job_status="rendering"))
    live.tick()
    assert live.snapshot.rows[0].word == "Rendering"


def test_what_gets_over_is_news_once(journal: Journal, live: Session) -> None:
    one = submission(state=State.ACTIVE)
    journal.add(one)
    live.tick()
    journal.save(one.with_(state=State.DONE))
    live.tick()
    assert [news.id for news in live.reports.news] == [one.id]


def test_what_was_over_before_blender_started_is_no_news(journal: Journal, live: Session) -> None:
    journal.add(submission(state=State.DONE, created=time.time() - 60))
    live.tick()
    assert live.reports.news == []


def test_a_long_list_comes_in_pages_and_then_only_what_changed(journal: Journal, live: Session) -> None:
    for number in range(2 * PAGE + 10):
        journal.add(submission(id=f"{number:04}", created=float(number), updated=float(number), state=State.DONE))
    live.tick()
    assert len(live.snapshot.rows) == PAGE
    live.tick()
    live.tick()
    assert [row.submission.id for row in live.snapshot.rows[:2]] == [f"{2 * PAGE + 9:04}", f"{2 * PAGE + 8:04}"]
    journal.rename(live.snapshot.rows[-1].submission.id, "another")
    live.tick()
    assert (len(live.snapshot.rows), live.snapshot.rows[-1].submission.name) == (2 * PAGE + 10, "another")


def test_a_long_list_that_changes_while_it_is_read_is_right_at_its_end(journal: Journal, live: Session) -> None:
    for number in range(2 * PAGE + 10):
        journal.add(submission(id=f"{number:04}", created=float(number), updated=float(number), state=State.ACTIVE))
    live.tick()
    first, second = (row.submission for row in live.snapshot.rows[:2])
    journal.forget(first.id)
    journal.save(second.with_(state=State.DONE))
    live.tick()
    live.tick()
    assert [row.submission.id for row in live.snapshot.rows] == journal.ids()
    assert live.snapshot.by_id[second.id].submission.state is State.DONE


def test_what_was_forgotten_is_gone(journal: Journal, live: Session) -> None:
    one = submission()
    journal.add(one)
    live.tick()
    journal.forget(one.id)
    live.tick()
    assert live.snapshot.rows == ()


def test_another_file_may_be_opened_after_a_job_without_a_frame_was_forgotten(journal: Journal, live: Session) -> None:
    one, other = submission(), submission(blend="/p/shot.blend")
    journal.add(one)
    journal.add(other)
    live.tick()
    assert live.picture.unseen == {one.id, other.id}
    journal.forget(other.id)
    live.tick()
    live.forget_file()
    assert live.picture.unseen == set()


def test_one_forgotten_and_one_new_between_two_turns_are_both_seen(journal: Journal, live: Session) -> None:
    old, kept, new = (submission(created=time.time() + n) for n in range(3))
    journal.add(old)
    journal.add(kept)
    live.tick()
    journal.forget(old.id)
    journal.add(new)
    live.tick()
    assert [row.submission.id for row in live.snapshot.rows] == [new.id, kept.id]


def test_the_list_is_filled_again_only_for_what_it_is_filtered_and_ordered_by(journal: Journal, live: Session) -> None:
    one = submission()
    journal.add(one)
    live.tick()
    before = live.picture.listing
    journal.save(one.with_(frames_done=3, note="on its way"))
    live.tick()
    assert live.snapshot.rows[0].submission.frames_done == 3
    assert live.picture.listing == before
    for changes in ({"state": State.STOPPED}, {"state": State.STOPPED, "frames_suspect": 1}):
        journal.save(one.with_(**changes))
        live.tick()
        assert live.picture.listing > before
        before = live.picture.listing
    journal.forget(one.id)
    live.tick()
    assert live.picture.listing > before


def test_a_clock_that_was_ahead_hides_nothing(journal: Journal, live: Session) -> None:
    ahead = time.time() + 3600
    journal.add(submission(updated=ahead, created=ahead))
    live.tick()
    later = submission()
    journal.add(later)
    live.tick()
    assert later.id in {row.submission.id for row in live.snapshot.rows}


def test_a_journal_that_another_process_set_aside_is_left_for_the_new_one(
    home: Path, journal: Journal, live: Session
) -> None:
    live.picture = JournalPicture(live.home, place_seconds=0.0)
    journal.add(submission())
    live.tick()
    (home / "journal.sqlite3").rename(home / "journal.sqlite3.aside")
    new = submission(created=1.0, updated=1.0)
    with Journal(home / "journal.sqlite3") as fresh:
        fresh.add(new)
        live.tick()
        live.tick()
    assert live.snapshot.problem
    assert [row.submission.id for row in live.snapshot.rows] == [new.id]


def test_frames_of_two_files_each_are_missed_by_their_number(journal: Journal, live: Session) -> None:
    one = submission(state=State.DONE, frames_done=4, frames_total=6)
    journal.add(one)
    journal.save_frames(
        FrameRecord(one.id, f"{number}_{eye}", f"/r/{number}_{eye}.png", number, FrameState.DOWNLOADED)
        for number in (1, 3)
        for eye in "LR"
    )
    write_job(live.home.job(one.id), one, [1, 2, 3])
    live.tick(one.id)
    assert live.snapshot.details.missing == (2,)


def test_a_movie_misses_no_frames(journal: Journal, live: Session) -> None:
    one = submission(state=State.DONE, frames_done=1, frames_total=3)
    journal.add(one)
    journal.save_frames([FrameRecord(one.id, "shot.mp4", "/r/shot.mp4", None, FrameState.DOWNLOADED)])
    write_job(live.home.job(one.id), one, [1, 2, 3])
    live.tick(one.id)
    assert live.snapshot.details.job is not None
    assert live.snapshot.details.missing == ()


def write_job(folder: Path, one: Submission, frames: list[int]) -> None:
    """The job folder that a submission was made from."""
    folder.mkdir(parents=True)
    named = {name: getattr(one, name) for name in ("id", "name", "server_url", "blend", "scene")}
    job = job_folder.JobFile(
        **named,
        blender=[],
        blender_version="5.0.1",
        camera="",
        view_layer="",
        render_config={},
        package=job_folder.Package("package.blend", "blend", "shot.blend", 4, ""),
        output=job_folder.Output("/r", "/r/shot_####.png", "keep"),
        frames=frames,
    )
    job_folder.write(folder, job)


def test_a_damaged_journal_is_said_in_words_and_a_new_one_begins(home: Path, live: Session) -> None:
    (home / "journal.sqlite3").write_bytes(b"this is no database" * 100)
    live.tick()
    assert "moved to" in live.snapshot.problem


def test_a_finished_package_is_handed_over_once(live: Session) -> None:
    package, given = Package(), []
    live.pack("shot", package, given.append)
    assert [(row.name, row.factor) for row in live.snapshot.packing] == [("shot", 0.0)]
    live.tick()
    assert [(row.name, row.factor) for row in live.snapshot.packing] == [("shot", 0.5)]
    package.finished = True
    live.tick()
    live.tick()
    assert given == [package]


def test_disabling_gives_up_the_package_that_is_being_made(live: Session) -> None:
    package = Package()
    live.pack("shot", package, lambda _: None)
    live.close()
    assert package.is_canceled


def test_what_could_not_be_sent_stays_in_the_panel_until_the_next_attempt(live: Session) -> None:
    live.refuse(LocalProblem("The disk is full."))
    live.tick()
    assert live.snapshot.problem == "The disk is full."
    live.pack("shot", Package(), lambda _: None)
    live.tick()
    assert live.snapshot.problem == ""


def test_time_left_follows_the_pace_of_the_stage() -> None:
    pace = Estimator()
    one = submission(state=State.ACTIVE, stage=Stage.PULL, frames_total=10, frames_done=2)
    pace.estimate(one, now=100.0)
    assert pace.estimate(one.with_(frames_done=6), now=108.0).left == "0:08"


def test_a_submission_that_stands_still_promises_nothing() -> None:
    pace = Estimator()
    one = submission(state=State.ACTIVE, stage=Stage.PULL, frames_total=10, frames_done=2)
    pace.estimate(one, now=100.0)
    assert pace.estimate(one.with_(state=State.PAUSED), now=108.0).left == ""


@pytest.mark.parametrize(("seconds", "text"), [(42, "0:42"), (130, "2:10"), (3730, "1:02:10"), (-3, "0:00")])
def test_a_clock_reads_as_people_write_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (640_000, "640 KB"), (214_000_000, "214 MB"), (1_400_000_000, "1.4 GB")]
)
def test_a_size_reads_as_people_write_it(count: int, text: str) -> None:
    assert size(count) == text


def test_the_frame_in_view_stays_until_blender_had_time_to_read_the_next(live: Session) -> None:
    pictures = live.thumbnails
    pictures.icons = {"1.png": (11, 0), "2.png": (12, 0), "3.png": (13, 0)}
    assert not pictures.show_newer("job", "1.png", 0.0) and pictures.shown["job"] == "1.png"
    assert not pictures.show_newer("job", "2.png", 1.0) and pictures.coming["job"] == ("2.png", 1.0)
    assert not pictures.show_newer("job", "3.png", 1.5) and pictures.shown["job"] == "1.png"
    assert pictures.show_newer("job", "3.png", 1.0 + READING_SECONDS) and pictures.shown["job"] == "2.png"
    assert not pictures.show_newer("job", "3.png", 2.0) and pictures.coming["job"] == ("3.png", 2.0)


def test_a_server_at_work_has_accepted_the_key_unless_it_refused_one(journal: Journal, live: Session) -> None:
    url = "http://studio:7420"
    earlier = time.time() - 60
    one = submission(server_url=url, state=State.ACTIVE, stage=Stage.RENDER, job_id="abc", updated=earlier)
    journal.add(one)
    live.tick()
    assert url not in live.connections  # from before this session: with another key, perhaps
    one = journal.save(one.with_(frames_rendered=1))
    live.tick()
    assert live.connections[url].is_good
    live.connections[url] = ConnectionStatus(False, "No.", is_refused=True)
    journal.save(one.with_(frames_rendered=2))
    live.tick()
    assert live.connections[url].is_refused


def test_a_server_that_asks_about_a_job_has_accepted_the_key_too(journal: Journal, live: Session) -> None:
    url = "http://studio:7420"
    one = submission(server_url=url, state=State.WAITING, stage=Stage.CONFIRM, job_id="abc", updated=time.time() + 1)
    live.tick()
    journal.add(one)
    live.tick()
    assert live.connections[url].is_good
