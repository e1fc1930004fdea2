"""Keys and uploads are for this user alone, by mode or, on Windows, by access list."""

import logging
import stat
import sys
from pathlib import Path

import pytest

from farmhand.jobs.private_folder import make_private, replace_private, write_private
from farmhand.jobs.process import windows_rights

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    def those_who_may(path: Path) -> set[str]:
        """Who has a right in the access list: security identifiers, or Windows' own two letters for some."""
        security = ctypes.WinDLL("advapi32", use_last_error=True)
        size, text = wintypes.DWORD(), wintypes.LPWSTR()
        security.GetFileSecurityW(str(path), 4, None, 0, ctypes.byref(size))
        found = ctypes.create_string_buffer(size.value)
        assert security.GetFileSecurityW(str(path), 4, found, size, ctypes.byref(size)), ctypes.WinError()
        assert security.ConvertSecurityDescriptorToStringSecurityDescriptorW(found, 1, 4, ctypes.byref(text), None)
        return {entry.rpartition(";")[2] for entry in str(text.value).replace(")", "").split("(")[1:]}

    def is_for_its_user_alone(path: Path) -> bool:
        return those_who_may(path) <= {windows_rights._user(), "SY", "BA", "LA", "OW", "CO"}

else:

    def is_for_its_user_alone(path: Path) -> bool:
        return not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_secret_is_for_its_user_alone(tmp_path: Path) -> None:
    (tmp_path / "open").write_text("for all")
    assert not is_for_its_user_alone(tmp_path / "open")
    write_private(tmp_path / "secret", "key")
    assert is_for_its_user_alone(tmp_path / "secret")
    assert (tmp_path / "secret").read_text() == "key"


def test_a_private_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    folder = make_private(tmp_path / "new")
    assert is_for_its_user_alone(folder)
    (folder / "inside").write_text("upload")
    assert (folder / "inside").read_text() == "upload"
    assert make_private(folder) == folder


def test_a_secret_takes_the_place_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "secret", "key")
    assert (tmp_path / "secret").read_text() == "mine"


def test_a_secret_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("before")
    replace_private(tmp_path / "secret", "key")
    assert is_for_its_user_alone(tmp_path / "secret")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("secret", "key")]


def test_a_disk_without_permissions_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(1, "Incorrect function", str(path))

    monkeypatch.setattr(windows_rights, "keep_for_user", refuse)
    with caplog.at_level(logging.WARNING):
        write_private(tmp_path / "secret", "key")
    assert (tmp_path / "secret").read_text() == "key"
    assert "Other users of this computer may be able to read" in caplog.text
    assert str(tmp_path / "secret") in caplog.text
