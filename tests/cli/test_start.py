"""The command line lets a service check the file first, shows its report, and starts the render afterwards."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command_line import FARMHAND
from documented_service import KEY, DocumentedService, serving
from documented_variants import Variant

import left_running

MISSING = {"engine": "Cycles", "missingFiles": ["//textures/rust.png"]}
Command = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "home").mkdir()
    yield tmp_path
    left_running.end_all(tmp_path / "home")


@contextmanager
def commands(place: Path, service: DocumentedService) -> Iterator[Command]:
    """Run farmhand against the service: exit code, JSON or text of standard output, standard error."""
    own = {"FARMHAND_HOME": str(place / "home"), "FARMHAND_API_KEY": KEY, "FARMHAND_SERVER": service.url}

    def run(*arguments: str) -> tuple[int, Any, str]:
        done = subprocess.run(
            [*FARMHAND, *arguments], env={**os.environ, **own}, capture_output=True, text=True, timeout=100, check=False
        )
        return done.returncode, json.loads(done.stdout) if "--json" in arguments else done.stdout, done.stderr

    yield run


@pytest.fixture
def file(scene_file: Callable[..., Path]) -> str:
    return str(scene_file("animated"))


def test_check_only_reports_and_start_renders_with_other_settings(place: Path, file: str) -> None:
    with serving(Variant("check only", analysis=MISSING)) as service, commands(place, service) as farmhand:
        code, told, _ = farmhand("submit", file, "--check-only", "--json", "--output", str(place / "frames"))
        assert (code, told["state"], told["stage"]) == (0, "waiting", "confirm")
        assert told["report"]["missing"] == ["//textures/rust.png"]
        assert "Missing on the server: //textures/rust.png." in told["report"]["unexpected"]
        assert service.count("POST /jobs/{id}/render") == 0
        changes = ("--set", "sampleCount=4", "--frames", "2-3")
        code, told, said = farmhand("start", told["submission"][:8], *changes, "--wait", "--json")
        assert (code, told["state"], len(told["frames"])) == (0, "done", 2 + 2), said  # frames and a node's files
        assert service.job.config == {
            "colorManagementPreset": "default",
            "sampleCount": 4,
            "frameRanges": ["2-3"],
        }


def test_a_file_with_something_wrong_waits_and_says_how_to_go_on(place: Path, file: str) -> None:
    with serving(Variant("wrong", analysis=MISSING)) as service, commands(place, service) as farmhand:
        code, told, said = farmhand("submit", file, "--wait", "--output", str(place / "frames"))
        assert code == 2 and "farmhand start" in told and "farmhand cancel" in told
        assert said.count("Missing on the server: //textures/rust.png.") == 1


def test_a_report_says_once_why_a_job_waits(place: Path, file: str) -> None:
    with serving(Variant("told once", analysis=MISSING)) as service, commands(place, service) as farmhand:
        code, told, said = farmhand("submit", file, "--check-only", "--output", str(place / "frames"))
        assert code == 0 and "farmhand start" in told and "Waiting for your confirmation" in said
        assert f"{said}{told}".count("//textures/rust.png") == 1


@pytest.mark.parametrize(("mode", "code", "state"), [("never", 0, "done"), ("always", 2, "waiting")])
def test_when_to_ask_is_chosen(place: Path, file: str, mode: str, code: int, state: str) -> None:
    told_of = MISSING if mode == "never" else None
    with serving(Variant(mode, analysis=told_of)) as service, commands(place, service) as farmhand:
        done = farmhand("submit", file, "--ask", mode, "--wait", "--json", "--output", str(place / "frames"))
        assert (done[0], done[1]["state"]) == (code, state)


def test_a_job_that_does_not_wait_cannot_be_started(place: Path, file: str) -> None:
    with serving(Variant("plain")) as service, commands(place, service) as farmhand:
        _, told, _ = farmhand("submit", file, "--wait", "--json", "--output", str(place / "frames"))
        code, _, said = farmhand("start", told["submission"])
        assert code == 2 and "not waiting to be started" in said
