"""Standard output as shells leave it to a command: read in part, full, closed, or of few letters. Never a traceback."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import FARMHAND

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="written for a POSIX shell")


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs a line of a shell, in which `farmhand` is ours; its exit code is that of `farmhand`."""

    def run(line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        script = f'set -o pipefail; farmhand() {{ {shlex.join(FARMHAND)} "$@"; }}; {line}'
        around = {**os.environ, "FARMHAND_HOME": str(tmp_path / "home"), **environment}
        return subprocess.run(
            ["bash", "-c", script], env=around, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.mark.parametrize("words", ["jobs", "jobs --json"])
@pytest.mark.parametrize("target", ["| true", "> /dev/full"])
def test_what_nobody_takes_is_trouble_and_no_fault(
    shell: Callable[..., "subprocess.CompletedProcess[str]"], words: str, target: str
) -> None:
    if target == "> /dev/full" and not Path("/dev/full").exists():
        pytest.skip("a device of Linux")
    done = shell(f"farmhand {words} {target}")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


@pytest.mark.parametrize("line, code", [("farmhand jobs >&-", 0), ("farmhand watch none 2>&-", 2)])
def test_a_closed_stream_is_not_written_to(
    shell: Callable[..., "subprocess.CompletedProcess[str]"], line: str, code: int
) -> None:
    done = shell(line)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_few_letters_shows_the_others_by_their_numbers(
    shell: Callable[..., "subprocess.CompletedProcess[str]"], encoding: str
) -> None:
    done = shell("farmhand watch none", PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert "Job \\u201cnone\\u201d not found" in done.stderr


def test_a_port_to_receive_at_that_does_not_exist_is_refused(
    shell: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    done = shell("farmhand receive --port 99999 --secret-env HOME --server https://farm.studio --output .")
    assert done.returncode == 2
    assert "ports are 0 to 65535" in done.stderr
