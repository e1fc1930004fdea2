"""What the journal knows of the line's speed."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import LOCAL, Stage, State, Submission
from farmhand.jobs.journal.upload_speed import measured_mbit

IN_ONE_GO = (("upload", "queued", 90), ("upload", "active", 100), ("create", "active", 108))
PAUSED = (("upload", "active", 100), ("upload", "paused", 101), ("upload", "active", 900), ("create", "active", 908))
CUT_OFF = (("upload", "active", 100), ("upload", "stopped", 104))


def speed(
    file: Path, steps: Sequence[tuple[str, str, int]], server: str = "https://farm.studio", size: int = 10**7
) -> float:
    with Journal(file) as journal:
        one = Submission("one", "shot", server, "/p/a.blend", "Scene", "/p/render", 1.0, 1.0).with_(package_bytes=size)
        journal.add(one)
        for stage, state, _ in steps:
            journal.save(one.with_(stage=Stage(stage), state=State(state)), "moved")
    with sqlite3.connect(file) as db:
        db.execute("DELETE FROM transitions WHERE rowid = 1")
        for number, (_, _, at) in enumerate(steps, 2):
            db.execute("UPDATE transitions SET at = ? WHERE rowid = ?", (at, number))
    db.close()
    with Journal(file) as journal:
        return measured_mbit(journal)


def test_ten_megabytes_in_eight_seconds_are_ten_megabits_per_second(tmp_path: Path) -> None:
    assert speed(tmp_path / "journal.sqlite3", IN_ONE_GO) == pytest.approx(10)


@pytest.mark.parametrize("steps", [PAUSED, CUT_OFF], ids=["paused", "cut off"])
def test_an_upload_that_did_not_go_through_in_one_go_tells_nothing(
    steps: Sequence[tuple[str, str, int]], tmp_path: Path
) -> None:
    assert speed(tmp_path / "journal.sqlite3", steps) == 0


def test_what_stays_on_this_computer_tells_nothing_of_the_line(tmp_path: Path) -> None:
    assert speed(tmp_path / "journal.sqlite3", IN_ONE_GO, server=LOCAL) == 0


def test_a_small_file_tells_nothing_of_the_line(tmp_path: Path) -> None:
    assert speed(tmp_path / "journal.sqlite3", IN_ONE_GO, size=100_000) == 0
