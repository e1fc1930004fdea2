"""Fixtures of the whole way: from a press of the button in a real Blender to frames on disk."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pressing import Press

import left_running
from farmhand.client.errors import LocalProblem


@pytest.fixture(scope="session")
def profile(installed_extension: Callable[[list[str]], dict[str, str]]) -> Callable[..., dict[str, str]]:
    """Call with the words of a Blender command: an environment with the extension installed, always the same one."""
    return functools.cache(lambda *command: installed_extension(list(command)))


@pytest.fixture
def press(
    blender_command: list[str],
    profile: Callable[..., dict[str, str]],
    home: Path,
    tmp_path: Path,
) -> Iterator[Callable[..., Press]]:
    """Call with a file (frames, command): the button is pressed, and does not wait. What was started ends with the
    test."""
    presses: list[Press] = []

    def start(file: Path, frames: str = "", command: list[str] | None = None) -> Press:
        blender = command or blender_command
        environment = profile(*blender)
        presses.append(Press(blender, file, home, tmp_path / "frames", environment, frames))
        return presses[-1]

    yield start
    for one in presses:
        one.kill()
    with contextlib.suppress(LocalProblem):
        left_running.end_all(home)
