"""Replacing, renaming and removing while other programs have the files open, as Windows knows it."""

import ast
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from farmhand.client import files
from layers import TREES

HELD_SECONDS = 0.3

# (module, what it calls): without a word of ours, and why it may.
ALLOWED = {
    ("client.files", "os.replace"),
    ("client.files", "rename"),
    ("client.files", "unlink"),
    ("farm.render.taken_files", "os.rename"),  # by a descriptor of the folder, which Windows does not have
    ("farm.worker.output.metadata", "os.replace"),  # in a Blender that imports nothing of ours; the file is its own
}
OF_THE_SYSTEM = ("os.replace", "os.rename", "os.renames", "os.remove", "os.unlink", "os.rmdir", "os.removedirs",
                 "shutil.move", "shutil.rmtree")  # fmt: skip
OF_A_PATH = {"rename": 1, "unlink": 0, "rmdir": 0}


@contextmanager
def held(path: Path, seconds: float = HELD_SECONDS) -> Iterator[None]:
    """Another reader has the file open for a while."""
    opened = threading.Event()

    def read() -> None:
        with path.open("rb"):
            opened.set()
            time.sleep(seconds)

    reader = threading.Thread(target=read)
    reader.start()
    opened.wait()
    try:
        yield
    finally:
        reader.join()


def test_a_file_that_another_program_reads_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    with held(tmp_path / "old"):
        files.replace(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"


def test_a_file_that_another_program_reads_is_renamed_and_removed(tmp_path: Path) -> None:
    (tmp_path / "one").touch()
    with held(tmp_path / "one"):
        files.rename(tmp_path / "one", tmp_path / "two")
    with held(tmp_path / "two"):
        files.remove(tmp_path / "two")
    assert not list(tmp_path.iterdir())


def test_a_folder_goes_with_a_file_that_another_program_reads(tmp_path: Path) -> None:
    inner = tmp_path / "folder" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    (inner / "read only").touch(0o444)
    with held(inner / "file"):
        assert files.remove_tree(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        files.replace(tmp_path / "file", tmp_path / "folder")


class Refusing:
    """A system call as Windows answers it: refused so often with this number, then carried out."""

    def __init__(self, call: Callable[..., Any], times: float, winerror: int) -> None:
        self.left = times
        self._call = call
        self._winerror = winerror

    def __call__(self, *arguments: Any) -> Any:
        self.left -= 1
        if self.left >= 0:
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = self._winerror  # type: ignore[attr-defined,unused-ignore]
            raise error
        return self._call(*arguments)


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_what_windows_refuses_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    (tmp_path / "new").touch()
    monkeypatch.setattr(os, "replace", Refusing(os.replace, 5, winerror))
    files.replace(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").exists()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "settings.json"
    files.write_text(target, "ä\n")
    assert target.read_bytes() == "ä\n".encode()
    with pytest.raises(UnicodeEncodeError):
        files.write_text(target, "half of it \udcff")
    assert target.read_text(encoding="utf-8") == "ä\n"
    assert list(tmp_path.iterdir()) == [target]


def test_two_may_write_a_file_at_the_same_time(tmp_path: Path) -> None:
    target = tmp_path / "settings.json"
    with files.written_whole(target) as first, files.written_whole(target) as second:
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first", "the last one to end"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_is_being_replaced_is_read_a_moment_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video.json").write_text("wanted")
    refusing = Refusing(Path.open, 2, 5)
    monkeypatch.setattr(Path, "open", lambda *arguments: refusing(*arguments))
    assert files.read_text(tmp_path / "video.json", 4) == "want"


def test_trying_again_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new").touch()
    monkeypatch.setattr(os, "replace", Refusing(os.replace, float("inf"), 32))
    before = time.monotonic()
    with pytest.raises(PermissionError):
        files.replace(tmp_path / "new", tmp_path / "old", wait_seconds=0.2)
    assert time.monotonic() - before >= 0.2


def test_what_no_wait_can_mend_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()
    monkeypatch.setattr(files.time, "sleep", waits.append)
    with pytest.raises(FileNotFoundError):
        files.replace(tmp_path / "missing", tmp_path / "old")
    with pytest.raises(FileNotFoundError):
        files.remove(tmp_path / "missing")
    assert waits == []


def test_files_are_replaced_renamed_and_removed_by_that_module_alone() -> None:
    calls = {(name, call) for name, tree in TREES.items() for node in ast.walk(tree) if (call := _of_a_file(node))}
    assert calls == ALLOWED, "use client.files"


def _of_a_file(node: ast.AST) -> str:
    """What a call does to a file, or ""."""
    if not isinstance(node, ast.Call):
        return ""
    called = ast.unparse(node.func)
    if called in OF_THE_SYSTEM:
        return called
    if isinstance(node.func, ast.Attribute) and not called.startswith(("files.", "journal.")):
        name, count = node.func.attr, len(node.args)
        if OF_A_PATH.get(name) == count or (name == "replace" and count == 1 and "dataclasses" not in called):
            return name
    return ""
