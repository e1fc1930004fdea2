"""A farm that is killed as in a power cut, at any moment: nothing that it started stays behind."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import processes
import psutil
import pytest
from waiting import wait_until

from farmhand.farm.confine import bubblewrap
from farmhand.farm.confine.places import Places
from farmhand.farm.worker import farm_watch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone lets one see the environment of all")
MOMENTS = 20
WINDOW_SECONDS = 0.04
"""From the first sight of a Blender's wrapper until its namespaces stand, with room."""


def _hanging_blender(folder: Path) -> Path:
    """A Python whose bpy never comes up, as Blenders do at their end: whoever waits for that waits for ever."""
    package = folder / "modules" / "bpy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    program = folder / "python-that-hangs"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{package.parent}" exec "{sys.executable}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def _of_farm(mark: str) -> list[int]:
    """PATH is what a confined Blender and its wrappers are left with of the farm's environment."""
    path = os.environ["PATH"]
    return processes.with_variable("PATH", f"{mark}:{path}")


def _has_wrapper(farm: psutil.Process) -> bool:
    return any(child.name() in ("bwrap", "nice") for child in farm.children())


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not here")
@pytest.mark.soak
@pytest.mark.timeout(300)
def test_no_process_outlives_a_farm_that_is_killed_while_it_starts_a_blender(
    tmp_path: Path,
) -> None:
    blender = _hanging_blender(tmp_path)
    moments = random.Random(19)
    for number in range(MOMENTS):
        mark = f"/mark-{os.getpid()}-{number}"
        words = ["--data", str(tmp_path / str(number)), "--prewarm", "--confine", "bubblewrap"]
        with subprocess.Popen(
            [sys.executable, "-m", "farmhand.farm", *words, "--blender", str(blender)],
            env={**os.environ, "PATH": f"{mark}:{os.environ['PATH']}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as farm:
            wait_until(lambda farm=farm: _has_wrapper(psutil.Process(farm.pid)), "a Blender is being started")
            time.sleep(moments.random() * WINDOW_SECONDS)
            farm.kill()
        try:
            wait_until(lambda mark=mark: not _of_farm(mark), f"all have ended with farm {number}")
        finally:
            for pid in _of_farm(mark):
                processes.kill(pid)


@pytest.mark.skipif(not bubblewrap.is_usable(), reason="bubblewrap is not usable here")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the sandbox has no other Python")
def test_process_1_of_a_namespace_ends_with_its_lifeline_while_it_works() -> None:
    """It ignores even SIGKILL from inside its namespace. The parent's death would end it too, but the parent lives."""
    program = (
        "import importlib.util, os, sys; spec = importlib.util.spec_from_file_location('watch', sys.argv[1]); "
        "watch = importlib.util.module_from_spec(spec); spec.loader.exec_module(watch); "
        "watch.end_with_the_farm(int(sys.argv[2])); print(os.getpid(), flush=True); sum(range(10**11))"
    )
    watch = Path(farm_watch.__file__)
    far, near = os.pipe()
    words = bubblewrap.wrap(
        ["/usr/bin/python3", "-c", program, str(watch), str(far)], Places((watch.parent,)), {}, Path("/")
    )
    with subprocess.Popen(words, pass_fds=(far,), stdout=subprocess.PIPE) as process:
        os.close(far)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"1\n"
            assert process.poll() is None
        finally:
            os.close(near)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
