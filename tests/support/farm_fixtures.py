"""Fixtures around the farm, shared by all tests that need one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from in_blender import run_in_blender
from running_farm import RunningFarm

_MAKE_SCENE = Path(__file__).with_name("make_scene.py")


@pytest.fixture(scope="session")
def scene_file(blender_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Call with a kind of make_scene.py (and a Blender command): a .blend, made once."""
    folder = tmp_path_factory.mktemp("scenes")
    made: dict[tuple[str, ...], Path] = {}

    def make(kind: str, command: list[str] | None = None) -> Path:
        key = (kind, *(command or blender_command))
        if key not in made:
            path = folder / f"{kind}-{len(made)}.blend"
            run_in_blender(command or blender_command, _MAKE_SCENE, kind, str(path))
            made[key] = path
        return made[key]

    return make


@pytest.fixture(scope="session")
def farm(blender_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFarm]:
    """A farm on a socket that many tests share; do not end it."""
    farm = RunningFarm(tmp_path_factory.mktemp("farm"), blender_command, "--prewarm")
    yield farm
    farm.stop()


@pytest.fixture
def start_farm(blender_command: list[str], tmp_path: Path) -> Iterator[Callable[..., RunningFarm]]:
    """Call to start a farm of one's own, which may be ended and started again; RunningFarm's arguments."""
    farms: list[RunningFarm] = []

    def start(*arguments: str, command: list[str] | None = None, **options: Any) -> RunningFarm:
        farms.append(RunningFarm(tmp_path / f"farm{len(farms)}", command or blender_command, *arguments, **options))
        return farms[-1]

    yield start
    for each in farms:
        each.stop()
