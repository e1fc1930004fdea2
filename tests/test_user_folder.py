"""Where the user folder is, and what happens to one from before."""

from pathlib import Path

import pytest

from farmhand.jobs import user_folder
from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.process.file_lock import Lock
from farmhand.jobs.user_folder import UserFolder, take_over


def used(folder: Path) -> UserFolder:
    """With a journal, a job and a farm."""
    place = UserFolder(folder)
    place.job("1").mkdir(parents=True)
    (place.job("1") / "job.json").write_text("job")
    (place.farms / "f").mkdir(parents=True)
    Journal(place.journal).close()
    return place


def test_what_an_old_folder_holds_is_moved(tmp_path: Path) -> None:
    old, new = used(tmp_path / "old"), UserFolder(tmp_path / "local" / "new")
    assert take_over(old, new) == new
    assert (new.job("1") / "job.json").read_text() == "job"
    assert new.journal.exists() and not any(old.folder.iterdir())
    assert take_over(old, new) == new


@pytest.mark.parametrize("lock", ["courier.lock", "farms/f/farm.lock"])
def test_a_folder_in_which_somebody_works_stays_where_it_is(tmp_path: Path, lock: str) -> None:
    old, new = used(tmp_path / "old"), UserFolder(tmp_path / "new")
    with Lock(old.folder / lock) as held:
        assert held.acquire()
        assert take_over(old, new) == old
    assert old.journal.exists() and not new.journal.exists()
    assert take_over(old, new) == new


def test_of_two_lists_none_is_lost(tmp_path: Path) -> None:
    old, new = used(tmp_path / "old"), used(tmp_path / "new")
    assert take_over(old, new) == old
    assert old.journal.exists() and new.journal.exists()


def test_a_folder_that_was_never_used_is_not_taken(tmp_path: Path) -> None:
    new = UserFolder(tmp_path / "new")
    assert take_over(UserFolder(tmp_path / "old"), new) == new


def test_on_windows_the_user_folder_is_not_in_the_roaming_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FARMHAND_HOME", raising=False)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    roaming = tmp_path / "Roaming" / "Blender" / "farmhand"
    assert user_folder.find(str(roaming)).folder == tmp_path / "Local" / "farmhand"
    used(roaming)
    assert user_folder.find(str(roaming)).journal.exists()
    assert user_folder.find().journal.exists()
