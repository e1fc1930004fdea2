"""Fixtures for tests inside Blender.

The pytest that starts Blender reads this file too, without bpy: import it inside fixtures alone.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

MODULE = "bl_ext.user_default.farmhand"


def pytest_configure(config: pytest.Config) -> None:
    """What a Blender warns of goes with the next one: neither we nor our tests use it. pytest outside may."""
    if "bpy" in sys.modules:
        config.addinivalue_line("filterwarnings", "error::DeprecationWarning")


@pytest.fixture(scope="session")
def installed_extension() -> ModuleType:
    """The package of the installed and enabled zip; import its parts by `installed_extension.__name__`."""
    import addon_utils

    if addon_utils.check(MODULE) != (True, True):
        addon_utils.enable(MODULE, default_set=True)
    assert addon_utils.check(MODULE) == (True, True), "run by `make test`, which installs the zip first"
    return import_module(MODULE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private folder for the journal, the job folders and the farms; who works in it is told to end afterwards."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("FARMHAND_HOME", str(folder))
    yield folder
    for pid in _at_work(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _at_work(home: Path) -> Iterator[int]:
    """Ids of the processes that were started with this folder, the oldest first: a courier would start a farm again."""
    mark = f"FARMHAND_HOME={home}\0".encode()
    for pid in sorted(int(folder.name) for folder in Path("/proc").glob("[0-9]*")):
        with suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes():
                yield pid


@pytest.fixture(scope="session")
def blender_command() -> list[str]:
    """The command that starts one more of the Blender that the tests are in."""
    import bpy

    stand_in = Path(__file__).parents[2] / "tools" / "bpy_as_blender.py"
    return [bpy.app.binary_path] if bpy.app.binary_path else [sys.executable, str(stand_in)]
