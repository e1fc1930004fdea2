"""The commands that people type for a farm with nodes, and what they install."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_cluster import free_ports
from waiting import wait_until

from cache import ROOT

FARMHAND = Path(sys.executable).with_name("farmhand")
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path, blender_command: list[str]) -> Iterator[Start]:
    """Call with words after `farmhand`: the program, ended at the end."""
    started: list[subprocess.Popen[bytes]] = []
    around = {**os.environ, "BLENDER": blender_command[0], "HOME": str(tmp_path / "home")}

    def run(*words: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{words[0]}.log").open("ab") as log:
            started.append(subprocess.Popen([str(FARMHAND), *words], env=around, stdout=log, stderr=log))
        return started[-1]

    yield run
    for each in started:
        if each.poll() is None:
            each.terminate()
    for each in started:
        each.wait(40)


def test_a_farm_invites_a_computer_which_joins_and_leaves(start: Start, tmp_path: Path) -> None:
    data, key, port = tmp_path / "farm", tmp_path / "pc.pem", free_ports()
    serving = ["--port", "0", "--backend", "dask", "--node-port", str(port)]
    start("farm", "--data", str(data), *serving)
    wait_until(lambda: (data / "access.json").exists(), "the farm listens")
    invite = [str(FARMHAND), "farm", "--data", str(data), "--json", "invite", "pc", "--out", str(key)]
    told = json.loads(subprocess.run(invite, capture_output=True, check=True, text=True).stdout)
    assert (told["name"], told["file"]) == ("pc", str(key))
    assert key.stat().st_mode & 0o077 == 0, "the key is for its owner's eyes alone"
    node = start("node", f"127.0.0.1:{port}", "--key", str(key), "--data", str(tmp_path / "pc"))
    log = data / "logs" / "farm.log"
    wait_until(lambda: "Node pc joined" in log.read_text(), "the node joined")
    node.terminate()
    assert node.wait(30) in (0, 130)
    wait_until(lambda: "Node pc left" in log.read_text(), "the node left")


def test_a_second_invitation_does_not_overwrite_a_key(start: Start, tmp_path: Path) -> None:
    key = tmp_path / "pc.pem"
    key.write_text("mine")
    invite = [str(FARMHAND), "farm", "--data", str(tmp_path / "farm"), "invite", "pc", "--out", str(key)]
    done = subprocess.run(invite, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "already exists" in done.stderr
    assert key.read_text() == "mine"


@pytest.mark.parametrize("words", [["pc", "--out", "nowhere/pc.pem"], ["pc", "--code"]])
def test_an_invitation_that_cannot_be_written_leaves_no_key_and_no_traceback(tmp_path: Path, words: list[str]) -> None:
    data = tmp_path / "farm"
    if "--code" in words:
        data.mkdir()
        (data / "nodes").write_text("a file in its place")
    invite = [str(FARMHAND), "farm", "--data", str(data), "invite", *words]
    done = subprocess.run(invite, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.count("\n") == 1
    keys = [str(FARMHAND), "farm", "--data", str(data), "--json", "keys", "list"]
    listed = subprocess.run(keys, capture_output=True, text=True, check=False)
    assert listed.stdout == "[]\n" or "No farm found" in listed.stdout


def test_a_file_that_is_no_key_is_refused_with_its_name(tmp_path: Path, blender_command: list[str]) -> None:
    (tmp_path / "no.pem").write_text("nothing")
    words = ["127.0.0.1:1", "--key", str(tmp_path / "no.pem"), "--data", str(tmp_path / "node")]
    command = [sys.executable, "-m", "farmhand.farm", "node", *words, "--blender", *blender_command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "no.pem is not a node key" in done.stderr


def test_the_wheel_holds_the_whole_package_and_asks_for_what_was_locked(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns(".*", "dist", "build", "docs", "tests", "benchmarks", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignore)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*pip, str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = next(archive.read(name).decode() for name in names if name.endswith("METADATA"))
    tracked = subprocess.run(["git", "ls-files", "farm", "cli", "jobs"], cwd=ROOT, capture_output=True, text=True)
    assert {f"farmhand/{line}" for line in tracked.stdout.splitlines()} <= names
    assert "farmhand/blender_manifest.toml" in names
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [line for line in (ROOT / "requirements" / "node.in").read_text().splitlines() if line[:1].isalpha()]
    assert sorted(project["optional-dependencies"]["node"]) == sorted(wanted)
    assert all(f'Requires-Dist: {name}; extra == "node"' in metadata for name in wanted)


def test_dask_stays_out_of_what_artists_install() -> None:
    locked = (ROOT / "requirements" / "extension.txt").read_text()
    assert "distributed==" not in locked and "dask==" not in locked and "cryptography==" not in locked
