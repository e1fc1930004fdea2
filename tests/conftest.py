"""Fixtures that find Blenders and keep tests away from the user's own folders."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import build_extension
import find_blender
from cache import bpy_python
from zips import install_extension
from zips.wheels import NODE

pytest_plugins = ["farm_fixtures"]


def pytest_configure() -> None:
    """A shell that starts us in the background has Ctrl+C ignored, and what we start would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked posix("why") is skipped on Windows."""
    for item in items if sys.platform == "win32" else ():
        mark = item.get_closest_marker("posix")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"POSIX: {mark.args[0]}"))


@pytest.fixture(scope="session")
def blender_command() -> list[str]:
    """The Blender of this machine: BLENDER=, `blender` on PATH, or bpy; prepared when missing."""
    return find_blender.find_blender()


@pytest.fixture(scope="session", params=["4.2.23", "5.3.0"])
def each_blender_command(request: pytest.FixtureRequest) -> list[str]:
    """The oldest and the newest Blender in turn: a test that takes this runs in both."""
    python = bpy_python(request.param)
    if not python.exists():
        pytest.skip(f"bpy {request.param} is not here: run `make blender`")
    return [str(python)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private folder for the journal, the job folders and the farms."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("FARMHAND_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def built_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as this checkout stands, built with the Pythons of all test Blenders."""
    return build_extension.build_test(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def built_node_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Farmhand Node, likewise."""
    return build_extension.build_test(tmp_path_factory.mktemp("dist"), bundle=NODE)


@pytest.fixture(scope="session")
def installed_extension(built_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """Call with a Blender command: the environment in which that Blender has the built zip installed and enabled.

    More zips are installed beside it.
    """

    def environment(command: list[str], *more: Path) -> dict[str, str]:
        profile = tmp_path_factory.mktemp("profile")
        for file in (built_zip, *more):
            install_extension.install(command, file, profile)
        return {**os.environ, "BLENDER_USER_RESOURCES": str(profile)}

    return environment
