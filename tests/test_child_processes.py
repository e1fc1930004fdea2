"""How child processes are started: without a window on Windows, and not in a project's folder."""

import ast
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from waiting import PATIENCE, wait_until

from farmhand.courier.process import ask_server, launcher
from farmhand.farm.confine import job_object
from farmhand.jobs.process import blender_command
from layers import TREES

STARTS = ("subprocess.Popen", "subprocess.run", "asyncio.create_subprocess_exec")
NOT_ON_WINDOWS = {"farm.confine.bubblewrap", "farm.confine.keeper", "jobs.process.process_ids"}
WITH_OPTIONS_OF_ITS_OWN = {"courier.process.show_folder", "farm.render.blender.blender_process"}
"""The former starts what is to open a window, and nothing on Windows."""
IN_ITS_CALLERS_FOLDER = {
    "cli.farm",
    "cli.find_blender",
    "courier.helpers",
    "courier.process.show_folder",
    "farm.cluster.dask.dask_nodes",
    "farm.cluster.own_node",
    "farm.confine.places",
    "farm.node.dask_worker",
    "jobs.process.blender_command",
    "courier.images.oiio",
}
"""Commands that a person waits for, questions that are answered at once, and nodes that end with their farm or with
their Dask worker."""


def starts() -> list[tuple[str, ast.Call]]:
    return [
        (name, node)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in STARTS and name not in NOT_ON_WINDOWS
    ]


def test_no_child_opens_a_window() -> None:
    without = {name for name, call in starts() if not any(word.arg == "creationflags" for word in call.keywords)}
    assert without - {"courier.process.launcher"} == WITH_OPTIONS_OF_ITS_OWN


def test_no_child_that_stays_works_in_the_folder_of_a_project() -> None:
    without = {name for name, call in starts() if not any(word.arg == "cwd" for word in call.keywords)}
    assert without <= IN_ITS_CALLERS_FOLDER


def test_a_project_can_be_renamed_while_what_it_started_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    log = tmp_path / "home" / "courier.err"
    words = "import os, time; print(os.getpid(), os.getcwd(), flush=True); time.sleep(30)"
    launcher.start_detached([sys.executable, "-c", words], log)
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"), "it has started")
    pid, folder = log.read_text().split(maxsplit=1)
    monkeypatch.chdir(tmp_path)
    project.rename(tmp_path / "renamed")
    psutil.Process(int(pid)).kill()
    assert Path(folder.strip()) == log.parent


@pytest.mark.skipif(sys.platform != "win32", reason="job objects are Windows'")
def test_a_child_ends_with_its_job() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        job = job_object.bound(child.pid, 2**34, 0)
        assert job and child.poll() is None
        job_object.close(job)
        assert child.wait(PATIENCE) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("blender", ["blender"]),
        ("blender --factory-startup", ["blender", "--factory-startup"]),
        (r'"C:\Program Files\Blender\blender.exe" --x', [r"C:\Program Files\Blender\blender.exe", "--x"]),
        (r"'C:\Program Files\Blender\blender.exe'", [r"C:\Program Files\Blender\blender.exe"]),
        (r"C:\b\blender.exe -b", [r"C:\b\blender.exe", "-b"]),
    ],
)
def test_a_command_of_windows_is_read_as_it_is_written(
    text: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert blender_command.parsed(text) == words


def test_blender_is_found_where_windows_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(blender_command, "opens_blend_files", lambda: iter(()))
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    for version in ("4.2", "5.0", "4.5"):
        program = tmp_path / "Blender Foundation" / f"Blender {version}" / "blender.exe"
        program.parent.mkdir(parents=True)
        program.touch()
    assert [Path(found).parent.name[-3:] for found in blender_command.installed()] == ["5.0", "4.5", "4.2"]


@pytest.mark.timeout(60)
def test_an_answer_of_any_length_is_taken_from_a_child_that_is_only_looked_at() -> None:
    child = ask_server.start([sys.executable, "-c", f"print({'x'!r} * 1_000_000)"], "")
    try:
        wait_until(lambda: child.poll() is not None, "the child has ended")
        assert len(ask_server.said(child).rstrip()) == 1_000_000
    finally:
        child.kill()
        child.wait()
