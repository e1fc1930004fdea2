"""launch.py: the entry of every child Python, tried in a folder of another name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cache import ROOT

PROGRAM = """
import sys
from ..words import GREETING

def main(arguments):
    import bundled
    print(__name__, GREETING, bundled.__file__, *arguments)
    return 7
"""


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    """A package like ours, in a folder that has another name, with one program."""
    root = tmp_path / "user_default_copy"
    (root / "courier").mkdir(parents=True)
    shutil.copy(ROOT / "launch.py", root)
    (root / "__init__.py").write_text("")
    (root / "words.py").write_text('GREETING = "hello"\n')
    (root / "courier" / "__init__.py").write_text("")
    (root / "courier" / "__main__.py").write_text(PROGRAM)
    return root


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of installed wheels that no Python knows by itself."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "bundled.py").write_text("")
    return folder


def launch(extension: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", extension / "launch.py", *arguments]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def test_a_role_runs_as_part_of_farmhand_with_its_arguments(extension: Path, wheels: Path) -> None:
    done = launch(extension, "--wheels", wheels, "courier", "--home", "a folder")
    expected = f"farmhand.courier.__main__ hello {wheels / 'bundled.py'} --home a folder"
    assert done.stdout.strip() == expected, done.stderr


def test_the_programs_exit_code_is_the_childs(extension: Path, wheels: Path) -> None:
    assert launch(extension, "--wheels", wheels, "courier").returncode == 7


def test_wrong_use_is_answered_with_the_usage(extension: Path) -> None:
    done = launch(extension, "courier")
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "Usage")
