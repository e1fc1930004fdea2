"""Processes of render Blenders: their priority, what a whole tree of them holds, and their end."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from running_farm import RunningFarm
from waiting import PATIENCE, wait_until

from farmhand.farm.confine.confinement import OFF, Level
from farmhand.farm.render.blender import process_tree
from farmhand.farm.render.blender.blender_process import BlenderProcess, Limits, Start
from farmhand.farm.render.blender.process_folder import ProcessFolder

Scenes = Callable[..., Path]
StartFarm = Callable[..., RunningFarm]
CHILD = "import time; held = bytearray(50_000_000); print(flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.fixture
def family() -> Iterator[subprocess.Popen[str]]:
    """A process with one child that holds 50 MB."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process_tree.kill_group(process.pid)


def test_the_memory_of_a_process_is_counted_with_that_of_its_children(family: subprocess.Popen[str]) -> None:
    count, memory = process_tree.held(family.pid)
    assert count == 2
    assert memory > psutil.Process(family.pid).memory_info().rss + 50_000_000


def test_a_process_ends_with_its_children(family: subprocess.Popen[str]) -> None:
    children = process_tree.descendants(family.pid)
    process_tree.kill(family.pid)
    family.wait(PATIENCE)
    psutil.wait_procs(children, 5)
    assert [child for child in children if child.is_running()] == []


def test_a_process_that_has_ended_holds_nothing(family: subprocess.Popen[str]) -> None:
    process_tree.kill_group(family.pid)
    family.wait(PATIENCE)
    assert process_tree.held(family.pid) == (0, 0)
    assert process_tree.descendants(family.pid) == []


@pytest.mark.posix("a script in place of Blender")
@pytest.mark.parametrize("uses_keeper", [True, False])
def test_a_start_that_is_canceled_halfway_leaves_no_process_and_no_folder(uses_keeper: bool, tmp_path: Path) -> None:
    blender = tmp_path / "blender"
    blender.write_text("#!/bin/sh\nsleep 300 & wait\n")
    blender.chmod(0o755)

    async def canceled() -> None:
        loop = asyncio.get_running_loop()
        connect = loop.connect_read_pipe

        async def late(*pipe: Any) -> Any:
            """Between the start of the program and the connection to its pipes."""
            starting.cancel()
            await asyncio.to_thread(wait_until, lambda: _named_after(blender), "the program runs")
            return await connect(*pipe)

        loop.connect_read_pipe = late  # type: ignore[method-assign]
        start = Start((str(blender),), Level(OFF), (), Limits(2**30), is_own=True, uses_keeper=uses_keeper)
        starting = asyncio.create_task(BlenderProcess.start(start, ProcessFolder(tmp_path / "b")))
        await asyncio.wait({starting}, timeout=PATIENCE)
        assert starting.cancelled()

    asyncio.run(canceled())
    wait_until(lambda: not _named_after(blender), "the program has ended")
    assert not (tmp_path / "b").exists()


def _named_after(program: Path) -> list[psutil.Process]:
    """Processes whose arguments name the program."""
    return [each for each in psutil.process_iter(["cmdline"]) if str(program) in (each.info["cmdline"] or ())]


@pytest.mark.parametrize(("is_own", "niceness"), [(True, 10), (False, 0)])
def test_the_artists_own_files_render_at_a_low_priority(
    is_own: bool, niceness: int, start_farm: StartFarm, scene_file: Scenes
) -> None:
    farm = start_farm(settings={"own_files": is_own})
    farm.wait_for(farm.start_render(scene_file("slow")), "rendering")
    wait_until(farm.blender_processes, "a Blender renders")
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in farm.blender_processes()} == {min(ours + niceness, 19)}
