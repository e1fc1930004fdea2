"""Frames that are read as they come are the frames that are found when all are read at once."""

import random
import time
from pathlib import Path

import pytest

from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import FrameRecord, FrameState, Stage, State, Submission
from farmhand.ui.jobs.brought_frames import BroughtFrames

STATES = list(FrameState)


def _submission() -> Submission:
    now = time.time()
    return Submission(
        id="one",
        name="shot",
        server_url="http://127.0.0.1:1",
        blend="/shot.blend",
        scene="Scene",
        output_folder="/render",
        created=now,
        updated=now,
        stage=Stage.PULL,
        state=State.ACTIVE,
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_is_read_as_it_comes_is_what_is_read_at_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kept = BroughtFrames()
    with Journal(tmp_path / "journal.sqlite") as journal:
        one = _submission()
        journal.add(one)
        for step in range(30):
            records = [
                FrameRecord(
                    "one", f"{layer}/{number}", "/x", number or None, chance.choice(STATES), updated=time.time()
                )
                for number, layer in {(chance.randrange(8), chance.choice("ab")) for _ in range(3)}
            ]
            journal.save_frames(records)
            one = journal.save(one.with_(frames_done=step))
            now = time.time() + chance.choice((0.0, -3600.0))
            assert kept.looks_wrong(journal, one, now) == BroughtFrames().looks_wrong(journal, one, now)


def test_a_submission_without_news_is_not_read_again(tmp_path: Path) -> None:
    kept = BroughtFrames()
    with Journal(tmp_path / "journal.sqlite") as journal:
        one = _submission()
        journal.add(one)
        journal.save_frames([FrameRecord("one", "1", "/x", 1, FrameState.SUSPECT, updated=time.time())])
        assert kept.looks_wrong(journal, one, time.time()) == {1: True}
    assert kept.looks_wrong(journal, one, time.time()) == {1: True}, "the journal is closed: nothing can be read"
