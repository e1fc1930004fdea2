"""Fixtures for tests in the windows of real Blenders, under Xvfb."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from journey import Opener, Stage, open_stage
from screens import screen

from cache import CHROOT_BLENDERS, chroot_blender

FOR_SOAK = ("test_checked_job_in_window", "test_server_jobs_in_window", "test_video_in_window", "test_redraw")
"""`make test` tries what these tell without a window, in tests/blender/interface."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items if "FARMHAND_BLENDERS" not in os.environ else ():
        if item.path.stem in FOR_SOAK:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    with screen() as number:
        yield number


VERSIONS = [
    version
    for version in CHROOT_BLENDERS
    if version in os.environ.get("FARMHAND_BLENDERS", " ".join(CHROOT_BLENDERS)).split()
]


@pytest.fixture(scope="session", params=VERSIONS)
def window_blender(request: pytest.FixtureRequest) -> list[str]:
    """The command of each Blender that has windows."""
    wrapper = chroot_blender(request.param)
    if not wrapper.exists():
        pytest.skip(f"Blender {request.param} is not here: run `make blender` as root on Debian")
    return [str(wrapper)]


@pytest.fixture(scope="module")
def profile(window_blender: list[str], installed_extension: Callable[[list[str]], dict[str, str]]) -> dict[str, str]:
    """The environment in which this Blender has the built zip installed and enabled."""
    return installed_extension(window_blender)


@pytest.fixture
def stage(window_blender: list[str], display: str, profile: dict[str, str], tmp_path: Path) -> Opener:
    """Open a window with a project of its own; arguments are Blender's."""
    return lambda *arguments: open_stage(window_blender, display, profile, tmp_path, *arguments)


@pytest.fixture(scope="module")
def shared(
    window_blender: list[str], display: str, profile: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A window for all tests of a module, with the Properties editor as tall as it gets."""
    with open_stage(window_blender, display, profile, tmp_path_factory.mktemp("shared")) as on:
        on.window.run("give_properties_the_column()\nredraw()")
        yield on


@pytest.fixture
def on(shared: Stage, tmp_path: Path) -> Stage:
    """The shared window, with a new project of three frames."""
    stage = Stage(shared.window, tmp_path, shared.version, shared.home)
    stage.prepare()
    return stage
