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
from cache import BPY_PYTHONS, CHROOT_BLENDERS
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


OLDEST_TOO = {
    "test_animatable", "test_bat", "test_checks", "test_output_paths", "test_packing", "test_path_properties",
    "test_scan", "test_trees",
}  # fmt: skip
"""What these find differs most between Blenders, and they render nothing."""
_BLENDERS = {*BPY_PYTHONS, *CHROOT_BLENDERS}
_VERSION = re.compile(r"\b\d\.\d\.\d+\b")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests in older Blenders to `make soak`; what is marked posix("why") is skipped on Windows.

    `make test` runs a test that takes several Blenders in the newest of them, and OLDEST_TOO in the oldest as well;
    `make matrix` names the Blender that it is at.
    """
    tried: dict[str, set[str]] = {}
    for item in items:
        tried.setdefault(item.path.stem, set()).update(_blender_of(item))
    for item in items:
        stem = item.path.stem
        ends = {max(tried[stem], default=""), *([min(tried[stem], default="")] if stem in OLDEST_TOO else [])}
        if _blender_of(item) - ends:
            item.add_marker(pytest.mark.soak)
    for item in items if sys.platform == "win32" else ():
        mark = item.get_closest_marker("posix")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"POSIX: {mark.args[0]}"))


def _blender_of(item: pytest.Item) -> set[str]:
    """The version of Blender that a test runs in, by its name, or nothing."""
    return set(_VERSION.findall(item.name.partition("[")[2])[:1]) & _BLENDERS


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
