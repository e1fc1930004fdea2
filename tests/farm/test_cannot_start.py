"""A farm that cannot start says why in a sentence, and never sends anybody to throw away what is whole."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from waiting import PATIENCE, wait_until

from farmhand.farm import access
from farmhand.farm.errors import CannotStart
from farmhand.farm.state.database import Database


def refused(*words: str, **environment: str) -> str:
    """What the farm says to these words of its command line, with which it does not start."""
    command = [sys.executable, "-m", "farmhand.farm", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "words", [("--blender", "blender"), ("node", "farm.local", "--key", "k.pem", "--blender", "b")]
)
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"{file} cannot be used" in refused(*words, "--data", str(file))


def test_a_port_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    said = refused("--data", str(tmp_path / "data"), "--port", "99999", "--blender", "blender")
    assert "ports are 0 to 65535" in said


@pytest.mark.parametrize("words", [(), ("node", "farm.local", "--key", "key.pem")])
def test_a_misspelled_confinement_is_not_taken_for_another_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = refused(*words, "--data", str(tmp_path), "--blender", "blender", FARMHAND_CONFINE="require")
    assert "“require” is not one of auto, required, off" in said


def whole(path: Path) -> None:
    """One that the system will not open now."""
    path.mkdir()


def damaged(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


@pytest.mark.parametrize("make, advice", [(whole, "Nothing in it is lost"), (damaged, "Move the file away")])
def test_only_a_damaged_state_is_to_be_moved_away(tmp_path: Path, make: Callable[[Path], None], advice: str) -> None:
    make(tmp_path / "farm.sqlite3")
    with pytest.raises(CannotStart, match=advice):
        Database(tmp_path / "farm.sqlite3")


@pytest.mark.parametrize("left", ["", "00", "\0" * 64], ids=["nothing", "too little", "zeros"])
def test_what_a_power_cut_left_of_the_secret_is_not_used(tmp_path: Path, left: str) -> None:
    (tmp_path / "secret").write_text(left)
    secret = access.load_secret(tmp_path)
    assert len(secret) == 32
    assert access.load_secret(tmp_path) == secret


@pytest.mark.posix("sends SIGINT")
def test_ctrl_c_ends_a_farm_whose_start_takes_long(tmp_path: Path) -> None:
    """Here it waits for a Blender that never answers."""
    blender = tmp_path / "blender"
    blender.write_text("#!/bin/sh\nexec sleep 300\n")
    blender.chmod(0o755)
    words = ["--data", str(tmp_path / "farm"), "--port", "0", "--blender", str(blender), "--confine", "required"]
    farm = subprocess.Popen([sys.executable, "-m", "farmhand.farm", *words], stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: bool(psutil.Process(farm.pid).children()), "a Blender is being started")
        farm.send_signal(signal.SIGINT)
        _, said = farm.communicate(timeout=PATIENCE)
    finally:
        farm.kill()
        farm.wait()
    assert "Traceback" not in said
    assert farm.returncode == 0
