"""Fixtures that find Blenders and keep tests away from the user's own folders."""

import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.util import Finalize
from pathlib import Path

import pytest
from needed_blender import needed_blender

import build_extension
import find_blender
from zips import install_extension
from zips.wheels import NODE

pytest_plugins = ["farm_fixtures", "small_disk"]


def pytest_configure() -> None:
    """A shell that starts us in the background has Ctrl+C ignored, and what we start would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_temporary_files_together()
    with contextlib.suppress(ImportError):  # a Blender's Python may lack it
        from hypothesis import HealthCheck, settings

        settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
        settings.load_profile("patient")  # how long an example takes is the machine's matter


def _keep_temporary_files_together() -> None:
    """What is killed in a test leaves its temporary files, Blender's folder among them, where they are removed at the
    end. The folders of tests themselves stay where pytest has them."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    together = tempfile.mkdtemp(prefix="farmhand-tests-")
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), together))
    tempfile.tempdir = None
    after_its_own = -200
    Finalize(None, shutil.rmtree, (together,), {"ignore_errors": True}, exitpriority=after_its_own)


NEWEST_ALONE = {
    "test_click_to_frames", "test_fault_colors", "test_hostile", "test_hostile_scenes", "test_losses", "test_pixels",
    "test_split_frames",
}  # fmt: skip
"""These render in several Blenders, and what they find depends little on which: `make test` runs them in the newest,
`make soak` in all, and `make matrix` in the one that it is at."""
LONG_STORIES = {
    "test_a_farm_that_is_killed_renders_only_the_tiles_that_are_missing",
    "test_a_farm_that_is_killed_ten_times_loses_no_frame",
    "test_a_node_that_hangs_is_not_waited_for_forever",
    "test_a_second_computer_joins_without_a_terminal_and_renders",
    "test_frames_wait_at_their_node_for_a_bucket_that_is_away",
    "test_two_thousand_frames_arrive_whole_with_one_answer_in_a_hundred_spoiled",
}
"""Ten to a hundred seconds each, and told in short by other tests: run by `make soak`."""
_VERSION = re.compile(r"\b\d\.\d\.\d+\b")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is marked so, and what is marked posix("why") is skipped on Windows."""
    newest: dict[str, str] = {}
    for item in items:
        newest[item.path.stem] = max(newest.get(item.path.stem, ""), _blender_of(item))
    for item in items:
        is_of_an_older = "" != _blender_of(item) != newest[item.path.stem]
        if item.name.partition("[")[0] in LONG_STORIES or (item.path.stem in NEWEST_ALONE and is_of_an_older):
            item.add_marker(pytest.mark.soak)
    for item in items if sys.platform == "win32" else ():
        mark = item.get_closest_marker("posix")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"POSIX: {mark.args[0]}"))


def _blender_of(item: pytest.Item) -> str:
    """The version of Blender that a test runs in, by its name; "" when it has none there."""
    found = _VERSION.search(item.name.partition("[")[2])
    return found[0] if found else ""


@pytest.fixture(scope="session")
def blender_command() -> list[str]:
    """The Blender of this machine: BLENDER=, `blender` on PATH, or bpy; prepared when missing."""
    return find_blender.find_blender()


@pytest.fixture(scope="session", params=["4.2.23", "5.3.0"])
def each_blender_command(request: pytest.FixtureRequest) -> list[str]:
    """The oldest and the newest Blender in turn: a test that takes this runs in both."""
    return [str(needed_blender(request.param))]


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
