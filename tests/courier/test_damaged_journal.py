"""A journal that is damaged anywhere is set aside with a word, by whoever notices, and no file is ever lost."""

import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from carrying import Carrying
from command_line import FARMHAND
from waiting import PATIENCE, wait_until

from farmhand.client.errors import LocalProblem
from farmhand.courier.process import launcher
from farmhand.jobs.journal import journal_file
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.journal_file import JournalLost
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Request, Submission
from farmhand.jobs.process.file_lock import is_held
from farmhand.jobs.user_folder import UserFolder
from farmhand.ui.session import Session

PAGE = 4096


def submission(identity: str) -> Submission:
    return Submission(identity, "shot", "local", "/p/a.blend", "Scene", "/p/render", 1.0, 1.0)


def frame(number: int) -> FrameRecord:
    return FrameRecord("0", f"{number:04d}.png", f"/p/{number:04d}.png", number, FrameState.DOWNLOADED)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A journal whose header is good and whose other pages are not."""
    path = tmp_path / "home" / "journal.sqlite3"
    with Journal(path) as journal:
        for number in range(100):
            journal.add(submission(str(number)))
        journal.save_frames(frame(number) for number in range(100))
        journal.ask("0", Request.CANCEL)
    damage(path)
    return path


def damage(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    data = bytearray(path.read_bytes())
    for start in range(PAGE, len(data), PAGE):
        data[start : start + 64] = b"\xff" * 64
    with path.open("r+b") as there:
        there.write(data)


def aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob("journal-set-aside-*.sqlite3"))


USES: dict[str, Callable[[Journal], object]] = {
    "submissions": lambda journal: journal.submissions(),
    "one submission": lambda journal: journal.submission("7"),
    "frames": lambda journal: journal.frames("0"),
    "requests": lambda journal: journal.requests(),
    "add": lambda journal: journal.add(submission("new")),
    "save": lambda journal: journal.save(submission("7")),
    "ask": lambda journal: journal.ask("0", Request.PAUSE),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_damage_in_the_middle_is_noticed_at_each_use(file: Path, use: Callable[[Journal], object]) -> None:
    with Journal(file) as journal:
        with pytest.raises(JournalLost, match="damaged") as found:
            use(journal)
        with pytest.raises(JournalLost, match="damaged"):
            use(journal)
    [moved] = aside(file)
    assert moved.name in str(found.value)
    with Journal(file) as journal:
        assert journal.submissions() == []


def test_values_that_are_none_of_ours_are_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal(path) as journal:
        journal.add(submission("one"))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE submissions SET stage = CAST(x'ff00fe' AS TEXT)")
    db.close()
    with Journal(path) as journal, pytest.raises(JournalLost, match="damaged"):
        journal.submissions()
    assert len(aside(path)) == 1


def test_what_passes_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal(path, busy_seconds=0.01) as journal, Journal(path) as other:
        other._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(LocalProblem, match="cannot be written"):
            journal.add(submission("one"))
        other._db.execute("DROP TABLE submissions")
        other._db.execute("COMMIT")
        with pytest.raises(LocalProblem, match="cannot be read"):
            journal.submissions()
    assert not aside(path)


def test_an_earlier_file_that_was_set_aside_in_the_same_second_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file.time, "strftime", lambda _: "20261125-120000")
    path = tmp_path / "journal.sqlite3"
    for number in range(3):
        path.write_bytes(f"no database: {number}".encode() * 100)
        with pytest.raises(LocalProblem, match="damaged"):
            Journal(path)
    assert {one.read_bytes()[:14] for one in aside(path)} == {f"no database: {n}".encode() for n in range(3)}


def test_who_sees_the_damage_later_leaves_the_new_journal_alone(file: Path) -> None:
    with Journal(file) as first, Journal(file) as second:
        with pytest.raises(JournalLost):
            first.submissions()
        with Journal(file) as new:
            new.add(submission("new"))
        with pytest.raises(JournalLost):
            second.submissions()
    with Journal(file) as journal:
        assert journal.ids() == ["new"]
    assert len(aside(file)) == 1


def test_many_who_see_the_damage_at_once_set_it_aside_once(file: Path) -> None:
    problems = list[str]()
    start = threading.Barrier(8)

    def look() -> None:
        with Journal(file) as journal:
            start.wait(PATIENCE)
            try:
                journal.submissions()
            except LocalProblem as problem:
                problems.append(problem.what)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(problems) == 8 and len(aside(file)) == 1


def test_a_file_that_cannot_be_moved_is_a_problem_in_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self == file:
            raise PermissionError(13, "used by another process")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    before = sorted(file.parent.iterdir())
    with Journal(file) as journal, pytest.raises(JournalLost, match="used by another process"):
        journal.submissions()
    assert set(before) <= set(file.parent.iterdir())


def test_a_user_folder_that_cannot_be_made_is_a_problem_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file in its place")
    with pytest.raises(LocalProblem, match="cannot be opened"):
        Journal(tmp_path / "home" / "journal.sqlite3")


def test_the_courier_ends_with_the_message(file: Path) -> None:
    command = launcher.python_command("courier", "--home", str(file.parent))
    done = subprocess.run(command, input="{}", capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "damaged" in done.stderr and "Traceback" not in done.stderr


def test_the_command_line_ends_with_the_message(file: Path) -> None:
    environment = {**os.environ, "FARMHAND_HOME": str(file.parent)}
    done = subprocess.run([*FARMHAND, "jobs"], env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "damaged" in done.stderr and "Traceback" not in done.stderr


def test_blender_shows_the_message(file: Path) -> None:
    live = Session(UserFolder(file.parent))
    live.tick()
    assert "damaged" in live.snapshot.problem
    live.close()


def test_a_courier_at_work_leaves_when_its_journal_was_set_aside(courier: Carrying) -> None:
    courier.start_courier()
    wait_until(lambda: courier.courier_pid() != 0, "the courier is there")
    damage(courier.home.journal)
    with pytest.raises(LocalProblem), Journal(courier.home.journal) as journal:
        journal.submissions()
        journal.courier()
    wait_until(lambda: not is_held(courier.home.lock), "the courier has left")
    log = (courier.home.logs / "courier.log").read_text()
    assert "job list" in log and "Traceback" not in log
