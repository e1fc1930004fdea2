"""Which Blender the command line, a farm and a node choose when none is named."""

import sys
from pathlib import Path

import pytest

from farmhand.jobs.process import blender_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a program on the path is a shell script here")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the path, on a computer without another Blender."""
    monkeypatch.delenv("BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FARMHAND_CACHE", str(tmp_path / "cache"))
    return tmp_path


def put(folder: Path, version: str) -> str:
    program = folder / "blender"
    program.write_text(f"#!/bin/sh\necho Blender {version}.0\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("version", ["4.2", "5.3", "10.0"])
def test_an_installed_blender_is_taken(install: Path, version: str) -> None:
    blender = put(install, version)
    assert blender_command.find() == [blender]


def test_one_that_is_too_old_is_passed_over(install: Path) -> None:
    old = put(install, "3.6")
    assert old not in blender_command.find()


def test_the_newest_bpy_that_was_prepared_is_taken_where_there_is_nothing_else(install: Path) -> None:
    for version in ("4.2.23", "5.3.0", "5.10.0"):
        python = install / "cache" / f"bpy-{version}" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
    assert blender_command.find() == [str(python)]


def test_the_one_that_is_named_is_not_asked_for_its_version(install: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLENDER", "/opt/studio/blender --debug")
    assert blender_command.find() == ["/opt/studio/blender", "--debug"]
