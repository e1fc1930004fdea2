"""What a render Blender prints: the farm keeps the end of it, of the request at hand alone."""

import asyncio
import errno
import sys
import time
from pathlib import Path

import psutil
import pytest

from farmhand.farm.confine.confinement import OFF, Level
from farmhand.farm.render.backend import WorkFailed
from farmhand.farm.render.blender import process_log
from farmhand.farm.render.blender.blender_process import BlenderProcess, Limits, Start
from farmhand.farm.render.blender.load_report import LOG_BYTES
from farmhand.farm.render.blender.process_folder import ProcessFolder

NOISY = "import os\nos.write(2, b'x' * 3_000_000 + b'the end\\n')\n"
QUIET = "import os\nos.write(2, b'quiet\\n')\n"
TALKATIVE = "import os\nhere = os.getcwd()\nos.write(2, f'{here}/x {os.path.dirname(here)}/p/a.png'.encode())\n"


def test_the_log_is_bounded_and_starts_anew_with_each_request(blender_command: list[str], tmp_path: Path) -> None:
    for name, text in (("noisy.py", NOISY), ("quiet.py", QUIET)):
        (tmp_path / name).write_text(text)

    async def logs() -> list[str]:
        start = Start(tuple(blender_command), Level(OFF), (), Limits(8 * 2**30), runs_python=True, is_own=True)
        process = await BlenderProcess.start(start, ProcessFolder(tmp_path / "b"))
        try:
            found = []
            for name in ("noisy.py", "quiet.py"):
                await process.ask("run", 60, path=str(tmp_path / name))
                await asyncio.sleep(0.5)  # what was printed last comes by another pipe than the answer
                found.append(process.log_tail(10 * LOG_BYTES))
            return found
        finally:
            await process.end()

    noisy, quiet = asyncio.run(logs())
    assert len(noisy) <= LOG_BYTES and noisy.rstrip().endswith("xthe end")
    assert "\0" not in noisy and quiet.strip() == "quiet"


def test_the_log_tells_no_client_where_the_farm_keeps_its_files(
    blender_command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_log, "_LATE_SECONDS", 600.0)
    (tmp_path / "talkative.py").write_text(TALKATIVE)

    async def log() -> str:
        start = Start(tuple(blender_command), Level(OFF), (), Limits(8 * 2**30), runs_python=True, is_own=True)
        process = await BlenderProcess.start(start, ProcessFolder(tmp_path / "b"))
        try:
            await process.ask("run", 60, path=str(tmp_path / "talkative.py"))
            async with asyncio.timeout(60):  # not as long as a log that never arrives
                return await process.log_of_answer()
        finally:
            await process.end()

    assert asyncio.run(log()).strip() == "farm/t/x //a.png"


@pytest.mark.posix("a script in place of Blender")
def test_a_blender_that_reads_no_request_is_not_waited_for_forever(tmp_path: Path) -> None:
    blender = tmp_path / "blender"
    blender.write_text("#!/bin/sh\necho '{\"ok\": true}'\nexec sleep 300\n")
    blender.chmod(0o755)

    async def ask() -> None:
        start = Start((str(blender),), Level(OFF), (), Limits(8 * 2**30), is_own=True)
        process = await BlenderProcess.start(start, ProcessFolder(tmp_path / "b"))
        try:
            async with asyncio.timeout(10):
                await process.ask("configure", 0.5, config={"frameRanges": ["1"] * 100_000})
        finally:
            await process.end()

    with pytest.raises(WorkFailed, match="longer than"):
        asyncio.run(ask())


LYING = """#!{python}
import sys
print("Blender 5.0.1\\n[]\\n" + '{{"ok": true}}', flush=True)
sys.stdin.readline()
while True:
    print({line}, flush=True)
"""
LINES = {
    "lists": "'[' + '[],' * 2_000_000 + '[]]'",
    "short": "'[]'",
    "words": "'x' * 100",
    "values": "'{\"a\": [' + '[],' * 2_000_000 + '[]]}'",
    "too long": "'{\"a\": \"' + 'x' * 9_000_000 + '\"}'",
}


@pytest.mark.posix("a script in place of Blender")
@pytest.mark.parametrize("line", LINES)
def test_a_worker_that_prints_anything_but_one_answer_is_ended_and_blocks_nothing(tmp_path: Path, line: str) -> None:
    blender = tmp_path / "blender"
    blender.write_text(LYING.format(python=sys.executable, line=LINES[line]))
    blender.chmod(0o755)
    gaps = []

    async def tick() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            last, before = time.monotonic(), last
            gaps.append(last - before)

    async def ask() -> None:
        start = Start((str(blender),), Level(OFF), (), Limits(8 * 2**30), is_own=True)
        process = await BlenderProcess.start(start, ProcessFolder(tmp_path / "b"))
        ticking = asyncio.create_task(tick())
        try:
            with pytest.raises(WorkFailed) as failed:
                await process.ask("render", 5)
            assert failed.value.type == "bad_answer" and not process.is_alive
        finally:
            ticking.cancel()
            await process.end()

    asyncio.run(ask())
    assert max(gaps, default=0.0) < 0.5


@pytest.mark.posix("counts descriptors")
def test_a_blender_that_cannot_be_started_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: ProcessFolder) -> None:
        raise OSError(errno.ENOSPC, "no room")

    async def start() -> None:
        await BlenderProcess.start(
            Start((sys.executable,), Level(OFF), (), Limits(2**30), is_own=True, uses_keeper=True),
            ProcessFolder(tmp_path / "b"),
        )

    async def opened() -> int:
        before = psutil.Process().num_fds()
        for _ in range(3):
            with pytest.raises(OSError, match="no room"):
                await start()
        return psutil.Process().num_fds() - before

    monkeypatch.setattr(ProcessFolder, "create", full)
    assert asyncio.run(opened()) == 0
