"""How long a frame may take: as the owner says, else by the frames before it."""

from pathlib import Path

import pytest

from farmhand.farm import __main__ as program
from farmhand.farm.render.backend import TOO_SLOW, WorkFailed
from farmhand.farm.render.scheduling.frame_limits import FIRST_FRAME, LEAST, FrameLimits
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store

DAY = 24 * 3600.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "farm.sqlite3")
    store.add_upload(Upload("s", "a.blend", "blend", 0.0, None, store.workspace_id))
    return store


def limits(store: Store, **settings: object) -> FrameLimits:
    return FrameLimits(FarmSettings(Path(), (), **settings), store)  # type: ignore[arg-type]


def test_a_job_without_a_finished_frame_has_half_a_day_for_each(store: Store) -> None:
    assert limits(store).seconds(store.create_job("s").id) == FIRST_FRAME == DAY / 2


@pytest.mark.parametrize(("slowest", "limit"), [(0.5, LEAST), (360.0, LEAST), (600.0, 12_000.0), (7200.0, DAY)])
def test_a_frame_has_many_times_the_slowest_of_its_job_and_never_little(
    store: Store, slowest: float, limit: float
) -> None:
    of_farm, job, other = limits(store), store.create_job("s"), store.create_job("s")
    for seconds in (0.1, slowest, 0.2):
        of_farm.rendered(job.id, seconds)
    assert of_farm.seconds(job.id) == limit
    assert of_farm.seconds(other.id) == FIRST_FRAME


def test_a_farm_that_starts_again_knows_the_slowest_frame(store: Store) -> None:
    job = store.create_job("s")
    store.add_frames(job.id, (1, 2, 3))
    for frame, seconds in ((1, 700.0), (2, 3.0)):
        store.finish_frame(job.id, frame, seconds, [])
    assert limits(store).seconds(job.id) == 14_000.0


def test_what_the_owner_says_is_what_counts_and_own_files_have_a_day(store: Store) -> None:
    job = store.create_job("s")
    for settings, expected in (
        ({"frame_seconds": 60.0}, 60.0), ({"own_files": True}, DAY), ({"own_files": True, "frame_seconds": 9.0}, 9.0),
    ):  # fmt: skip
        of_farm = limits(store, **settings)
        of_farm.rendered(job.id, 0.5)
        assert of_farm.seconds(job.id) == expected


def test_what_took_too_long_is_tried_once_more_and_ends_a_job_of_which_nothing_is_finished(store: Store) -> None:
    slow, crashed = WorkFailed("slow", TOO_SLOW), WorkFailed("gone", "crashed")
    of_farm = limits(store)
    assert (of_farm.attempts(slow), of_farm.failures(slow)) == (2, 1)
    assert (of_farm.attempts(crashed), of_farm.failures(crashed)) == (3, 3)
    assert limits(store, attempts=1).attempts(slow) == 1


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "1001", "two"])
def test_a_limit_that_is_none_is_refused(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program._parser().parse_args(["--data", "x", "--frame-limit", hours])
    assert "--frame-limit" in capsys.readouterr().err


def test_a_limit_is_given_in_hours(tmp_path: Path) -> None:
    arguments = program._parser().parse_args(["--data", "x", "--frame-limit", "1.5"])
    assert program._settings(arguments, tmp_path, ()).frame_seconds == 5400.0
    assert program._settings(program._parser().parse_args(["--data", "x"]), tmp_path, ()).frame_seconds is None
