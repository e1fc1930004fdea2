"""The main job, from a .blend to frames on disk, whichever way the service reads the documents.

With the command line, and with a press of *Render in Cloud* in a background Blender that has the built zip installed.
"""

import contextlib
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import expected_files
import pytest
from command_line import FARMHAND
from documented_service import KEY, DocumentedService
from pressing import Press

import left_running
from farmhand.client.errors import LocalProblem
from farmhand.jobs.journal.submission import State


@pytest.fixture
def ended_home(home: Path) -> Iterator[Path]:
    """A user folder in which nothing runs when the test has ended."""
    yield home
    with contextlib.suppress(LocalProblem):
        left_running.end_all(home)


@pytest.fixture(scope="session")
def profile(blender_command: list[str], installed_extension: Callable[[list[str]], dict[str, str]]) -> dict[str, str]:
    return installed_extension(blender_command)


def test_the_command_line_brings_every_frame(
    service: DocumentedService,
    ended_home: Path,
    blender_command: list[str],
    scene_file: Callable[..., Path],
    tmp_path: Path,
) -> None:
    output = tmp_path / "frames"
    own = {"FARMHAND_HOME": str(ended_home), "FARMHAND_API_KEY": KEY, "BLENDER": shlex.join(blender_command)}
    command = [*FARMHAND, "submit", scene_file("animated"), "--server", service.url, "--output", output]
    done = subprocess.run(
        [*command, "--wait", "--json"],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    result = json.loads(done.stdout)
    assert (done.returncode, result["state"], result["error"]) == (0, "done", None), done.stderr
    assert result["suspect"] == {}
    expected_files.check(service, output, "")
    assert {file for file in output.rglob("*") if file.is_file()} == {Path(file) for file in result["frames"]}


def test_a_press_of_the_button_in_blender_brings_every_frame(
    service: DocumentedService,
    ended_home: Path,
    blender_command: list[str],
    profile: dict[str, str],
    scene_file: Callable[..., Path],
    tmp_path: Path,
) -> None:
    environment = {**profile, "FARMHAND_SERVER": service.url, "FARMHAND_API_KEY": KEY}
    pressed = Press(blender_command, scene_file("animated"), ended_home, tmp_path / "frames", environment)
    assert pressed.wait() == 0, pressed.printed()
    done = pressed.submission()
    assert done is not None and (done.state, done.frames_done, done.frames_suspect) == (State.DONE, 5, 0)
    expected_files.check(service, pressed.output, "")
