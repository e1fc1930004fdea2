"""The backend of this machine keeps no more Blenders than it has room for, and loses sight of none."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest
from waiting import wait_until

from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.render.backend import FrameTask, Needs, Package
from farmhand.farm.render.local_backend import LocalBackend
from farmhand.farm.render.packages.laid_out import LaidOutPackages
from farmhand.farm.settings import GIB, FarmSettings

JOB = "job"
CONFIG = {"colorManagementPreset": "default", "frameRanges": ["1-3"], "outputFormat": "PNG"}
PACKAGE = Package("uploads/scene.blend", "blend", "scene.blend")


LYING = """#!{python}
import json, pathlib, sys
print('{{"ok": true}}', flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = {{"ok": True, "finalConfig": {{}}}}
    if request["do"] == "open":
        answer["analysis"] = {{"frameStart": 1, "frameEnd": 3, "frameStep": 1}}
    if request["do"] == "render":
        answer |= {{"seconds": 1e5, "files": [{{"relativePath": "1.png"}}]}}
        pathlib.Path(request["folder"], "1.png").write_text("x")
    print(json.dumps(answer), flush=True)
"""


class Machine:
    """A backend with one slot, and what it has started."""

    def __init__(self, data: Path, command: list[str], scene: Path) -> None:
        objects, work = FolderObjects(data / "objects"), data / "w"
        (data / "objects/uploads").mkdir(parents=True)
        (data / "objects" / PACKAGE.key).write_bytes(scene.read_bytes())
        settings = FarmSettings(data, tuple(command), confine="off", own_files=True)
        self.backend = LocalBackend(settings, work, data / "logs", LaidOutPackages(objects, work, GIB))
        self._folders = work / "b"

    async def render(self, frame: int, started: Callable[[dict[str, Any]], None] = lambda _: None) -> int:
        """Returns how many files there are of a frame."""
        task = FrameTask(JOB, frame, PACKAGE, CONFIG, Needs(JOB), may_preview=False)
        return len((await self.backend.render(task, started)).files)

    async def analyze(self) -> None:
        await self.backend.analyze(JOB, PACKAGE, lambda _: None)

    @property
    def blenders(self) -> int:
        """Those whose folders are there."""
        return len(list(self._folders.iterdir()))


@pytest.mark.posix("a script in place of Blender")
def test_a_frame_took_no_longer_than_the_farm_waited_for_it(tmp_path: Path) -> None:
    blender, scene = tmp_path / "blender", tmp_path / "scene.blend"
    blender.write_text(LYING.format(python=sys.executable))
    blender.chmod(0o755)
    scene.write_bytes(b"BLENDER")

    async def seconds() -> float:
        backend = Machine(tmp_path / "farm", [str(blender)], scene).backend
        await backend.start(lambda: None)
        try:
            task = FrameTask(JOB, 1, PACKAGE, CONFIG, Needs(JOB))
            return (await backend.render(task, lambda _: None)).seconds
        finally:
            await backend.stop()

    assert 0 < asyncio.run(seconds()) < 60


def begun_since(before: list[psutil.Process]) -> list[psutil.Process]:
    """Children of this process; other tests have left some that serve them all."""
    return [each for each in psutil.Process().children() if each not in before]


@pytest.fixture
def on_machine(
    tmp_path: Path, blender_command: list[str], scene_file: Callable[..., Path]
) -> Callable[[Callable[[Machine], Coroutine[Any, Any, None]]], None]:
    """Call with what is to be done with a machine."""

    async def run(work: Callable[[Machine], Coroutine[Any, Any, None]]) -> None:
        before = psutil.Process().children()
        machine = Machine(tmp_path, blender_command, scene_file("animated"))
        await machine.backend.start(lambda: None)
        try:
            await work(machine)
        finally:
            await machine.backend.stop()
        assert machine.blenders == 0
        assert not [each for each in begun_since(before) if each.status() != psutil.STATUS_ZOMBIE]

    return lambda work: asyncio.run(run(work))


def test_a_frame_that_comes_before_there_is_room_waits_for_it(on_machine: Callable[..., None]) -> None:
    async def work(machine: Machine) -> None:
        """As on a node, whose farm sends the next frame while a canceled one is being ended."""
        canceled = asyncio.create_task(machine.render(1))
        await asyncio.sleep(0)
        assert machine.backend.capacity() == 1
        following = [asyncio.create_task(machine.render(frame)) for frame in (2, 3)]
        await asyncio.sleep(0)
        canceled.cancel()
        assert await asyncio.gather(*following) == [1, 1]
        assert machine.blenders == 1

    on_machine(work)


def test_a_file_that_is_validated_again_has_one_blender(on_machine: Callable[..., None]) -> None:
    async def work(machine: Machine) -> None:
        await machine.analyze()
        await machine.analyze()
        assert machine.blenders == 1

    on_machine(work)


def test_a_blender_whose_start_could_not_be_written_down_renders_the_frame_later(
    on_machine: Callable[..., None],
) -> None:
    def full(_: dict[str, Any]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def work(machine: Machine) -> None:
        with pytest.raises(sqlite3.OperationalError):
            await machine.render(1, full)
        assert await machine.render(1) == 1
        assert machine.blenders == 1

    on_machine(work)


def test_of_a_blender_that_died_while_it_waited_nothing_is_left(on_machine: Callable[..., None]) -> None:
    before = psutil.Process().children()

    async def work(machine: Machine) -> None:
        await machine.analyze()
        for each in begun_since(before):
            for one in [*each.children(recursive=True), each]:
                one.kill()
        waiting = machine.backend._warm[JOB]
        await asyncio.to_thread(wait_until, lambda: not waiting.is_alive, "its end is known")
        assert await machine.render(1) == 1
        assert machine.blenders == 1

    on_machine(work)
