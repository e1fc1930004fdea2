"""The journal survives what happens to files."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmhand.client.errors import LocalProblem
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.journal_file import SCHEMA_VERSION
from farmhand.jobs.journal.submission import (
    CourierInfo,
    FrameRecord,
    FrameState,
    Problem,
    Request,
    Stage,
    State,
    Submission,
)


def submission(identity: str = "one", **values: object) -> Submission:
    return Submission(identity, "shot", "local", "/p/a.blend", "Scene", "/p/render", 1.0, 1.0).with_(**values)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def test_a_submission_comes_back_as_it_was_written(file: Path) -> None:
    wanted = submission(state=State.STOPPED, problem=Problem("unreachable", "No answer.", "It waits.", "Retry."))
    with Journal(file) as journal:
        journal.add(wanted)
    with Journal(file) as journal:
        assert journal.submission("one") == wanted


def test_every_change_of_stage_or_state_is_remembered(file: Path) -> None:
    with Journal(file) as journal:
        journal.add(submission())
        journal.save(submission(state=State.ACTIVE))
        journal.save(submission(state=State.ACTIVE, upload_done=10))
        journal.save(submission(state=State.ACTIVE, stage=Stage.CREATE))
        assert [(stage, state) for _, stage, state, _ in journal.transitions("one")] == [
            (Stage.UPLOAD, State.QUEUED),
            (Stage.UPLOAD, State.ACTIVE),
            (Stage.CREATE, State.ACTIVE),
        ]


def test_what_happened_stays_in_its_order_when_the_clock_is_set_back(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(file) as journal:
        journal.add(submission())
        monkeypatch.setattr(time, "time", lambda: 5.0)
        journal.save(submission(stage=Stage.CREATE))
        assert [stage for _, stage, _, _ in journal.transitions("one")] == [Stage.UPLOAD, Stage.CREATE]


def test_a_submission_that_is_known_is_not_begun_anew(file: Path) -> None:
    with Journal(file) as journal:
        assert journal.add(submission())
        journal.save(submission(state=State.ACTIVE, stage=Stage.VALIDATE, job_id="job"))
        assert not journal.add(submission())
        assert journal.submissions()[0].job_id == "job"


def test_a_damaged_journal_is_set_aside_and_a_new_one_begun(file: Path) -> None:
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(LocalProblem, match="damaged"):
        Journal(file)
    with Journal(file) as journal:
        assert journal.submissions() == []
    assert len(list(file.parent.glob("journal-set-aside-*.sqlite3"))) == 1


def test_a_journal_of_a_newer_version_is_set_aside_unharmed(file: Path) -> None:
    with Journal(file) as journal:
        journal.add(submission())
    with sqlite3.connect(file) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(LocalProblem, match="newer"):
        Journal(file)
    aside = next(file.parent.glob("journal-set-aside-*.sqlite3"))
    with sqlite3.connect(aside) as db:
        assert db.execute("SELECT id FROM submissions").fetchall() == [("one",)]
    db.close()


def test_another_process_is_noticed_by_the_version_alone(file: Path) -> None:
    with Journal(file) as reader, Journal(file) as writer:
        before = reader.version()
        writer.add(submission())
        assert reader.version() != before


def test_many_threads_write_without_losing_anything(file: Path) -> None:
    Journal(file).close()

    def write(number: int) -> None:
        with Journal(file, busy_seconds=30) as journal:
            for turn in range(10):
                journal.add(submission(f"{number}-{turn}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Journal(file) as journal:
        assert len(journal.submissions()) == 60


def test_forgetting_takes_everything_that_hangs_on_a_submission(file: Path) -> None:
    with Journal(file) as journal:
        journal.add(submission())
        journal.save_frames([FrameRecord("one", "0001.png", "/p/0001.png", 1, FrameState.DOWNLOADED)])
        journal.ask("one", Request.CANCEL)
        journal.forget("one")
        assert not journal.frames("one") and not journal.requests() and not journal.transitions("one")


def test_a_courier_that_is_asked_to_hand_over_stays_asked_when_it_tells_of_new_keys(file: Path) -> None:
    with Journal(file) as journal:
        journal.courier_is(CourierInfo(7, "1", 1.0, 1.0, {}))
        journal.ask_handover()
        for started, was_asked in ((1.0, True), (2.0, False)):
            journal.courier_is(CourierInfo(7, "1", started, started, {"http://x": "abc"}))
            presence = journal.courier()
            assert presence is not None and presence.handover is was_asked


def test_a_time_stamp_is_not_older_than_the_wait_for_another_writer(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads what is new would miss it: what the other wrote meanwhile has a later one."""
    may_write, frame = list[float](), FrameRecord("one", "a.png", "/a.png", 1, FrameState.DOWNLOADED)
    begin = Journal.transaction

    @contextlib.contextmanager
    def begin_after_another(journal: Journal) -> Iterator[None]:
        time.sleep(0.05)
        with begin(journal):
            may_write.append(time.time())
            yield

    with Journal(file) as journal:
        journal.add(submission())
        monkeypatch.setattr(Journal, "transaction", begin_after_another)
        saved = journal.save(submission(state=State.DONE))
        journal.save_frames([frame])
        assert saved.updated >= may_write[0]
        assert journal.frames("one")[0].updated >= may_write[1]
